/* SPDX-License-Identifier: Apache-2.0 */
/* remint: the operator's program, a table of verbs. docs/man/remint.1 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/args.h"
#include "cli/verbs.h"

struct verb {
	const char *name, *help;
	int (*run)(int argc, char **argv);
};

/* In the order in which one meets them. */
static const struct verb verbs[] = {
	{"keys", "make an image CA and a signing certificate", verb_keys},
	{"image", "pack, sign, verify and inspect tenant images", verb_image},
	{"boot", "make the agent's boot image for this site", verb_boot},
#ifdef CONFIG_STATION
	{"serve", "run the station", verb_serve},
#endif
	{"node", "add, list and show nodes, and change their state", verb_node},
	{"order", "create, show, list and cancel orders", verb_order},
	{"reimage", "make many nodes new by one command", verb_reimage},
	{"wipe", "how drives would be erased", verb_wipe},
	{"class", "what machines of a kind have, and how one differs", verb_class},
	{"gpu", "this machine's GPUs and their health", verb_gpu},
	{"network", "the network that a tenant's system is given", verb_network},
	{"watch", "see what is being done, as it happens", verb_watch},
	{"certificate", "show and verify certificates", verb_certificate},
	{"account", "manage the station's accounts", verb_account},
	{"audit", "who did what at the station", verb_audit},
	{"bmc", "machines through their management controllers", verb_bmc},
#ifdef CONFIG_STATION
	{"baseline", "compare firmware, BIOS settings and BMC accounts with what they should be",
	 verb_baseline},
#endif
	{"lab", "provision emulated machines, in CI or by hand", verb_lab},
};
enum { N_VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static void show_help(FILE *to)
{
	fprintf(to, "usage: remint VERB ...\n\nStrikes a returned bare-metal machine new.\n\n");
	for (unsigned i = 0; i < N_VERBS; i++)
		fprintf(to, "  %-12s %s\n", verbs[i].name, verbs[i].help);
	fprintf(to, "\nremint VERB --help says more; so does man remint.\n");
}

/* What a verb prints is its result: on a full disk it is lost. */
static int finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "remint: standard output could not be written\n");
	return status ? status : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	for (unsigned i = 0; i < N_VERBS; i++)
		if (!strcmp(word, verbs[i].name))
			return finish(verbs[i].run(argc - 1, argv + 1));
	if (!strcmp(word, "--version")) {
		puts("remint " REMINT_VERSION);
		return finish(EXIT_SUCCESS);
	}
	if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
		show_help(stdout);
		return finish(EXIT_SUCCESS);
	}
	if (*word)
		fprintf(stderr, "remint: unknown verb '%s'\n", word);
	show_help(stderr);
	return EXIT_USAGE;
}
