/* SPDX-License-Identifier: Apache-2.0 */
/* remint boot iso: a bootable ISO for a management controller's virtual media. docs/boot-media.md */
#include "cli/boot/iso.h"

#include <jansson.h>
#include <string.h>

#include "cli/args.h"
#include "images/boot/medium.h"

static void say(const struct medium *medium, const struct medium_made *made)
{
	printf("%s: %zu bytes, %s, ", medium->output, made->size,
	       made->is_signed ? "signed" : "not signed: it starts with Secure Boot off alone");
	if (made->machines)
		printf("networks of %u machine%s\n", made->machines, made->machines == 1 ? "" : "s");
	else
		printf("no network of its own\n");
}

static void say_json(const struct medium *medium, const struct medium_made *made)
{
	json_t *json =
		json_pack("{s:s, s:I, s:b, s:I}", "iso", medium->output, "size", (json_int_t)made->size,
			  "signed", made->is_signed, "machines", (json_int_t)made->machines);

	json_dumpf(json, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(json);
}

int boot_iso_command(int argc, char **argv)
{
	struct medium medium = {0};
	struct medium_made made = {0};
	bool json = false;
	const struct arg_option options[] = {
		{"boot", ARG_TEXT, &medium.boot, "DIR",
		 "what 'remint boot build --uki --cmdline ...' has made", true},
		{"output", ARG_TEXT, &medium.output, "FILE", "the ISO; also -o", true, 'o'},
		{"network", ARG_TEXT, &medium.network, "FILE",
		 "the machines' networks, for a boot image that has remint.net=medium built in"},
		{"json", ARG_FLAG, &json, NULL, "print the result as JSON"},
		{},
	};
	const struct arg_spec spec = {
		"remint boot iso",
		"Makes a bootable ISO of the EFI file, for virtual media, a CD or a USB "
		"stick. It boots by UEFI.",
		options, 0, 0};
	struct err err = {0};
	enum arg_result parsed;

	parsed = args_parse(&spec, argc, argv, NULL);
	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (medium_make(&medium, &made, &err) < 0) {
		err_prepend(&err, "boot iso");
		return fail_with(&err);
	}
	if (json)
		say_json(&medium, &made);
	else
		say(&medium, &made);
	return EXIT_SUCCESS;
}
