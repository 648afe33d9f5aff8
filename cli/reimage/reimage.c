/* SPDX-License-Identifier: Apache-2.0 */
/* remint reimage: many nodes made new by one command. docs/man/remint-reimage.1; docs/protocol.md, "Runs" */
#include "cli/reimage/reimage.h"

#include <inttypes.h>
#include <string.h>

#include "cli/order/args.h"
#include "cli/reimage/follow.h"
#include "cli/reimage/nodes.h"
#include "cli/reimage/summary.h"
#include "cli/stop.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "core/io.h"
#include "core/json.h"

#define WORDS_MAX 1000 /* as many nodes as a run has at most */

static void say_how_it_goes_on(const char *run, enum reimage_end end)
{
	fprintf(stderr,
		"remint: %s: the run has not ended. Orders that have been made go on at the station; no more "
		"are made until\n"
		"  remint reimage --resume %s\n"
		"and 'remint reimage --cancel %s' cancels what is open.\n",
		end == REIMAGE_INTERRUPTED ? "interrupted" : "the time is over", run, run);
}

int reimage_go(const struct client_options *client, const char *run, const struct reimage_manner *manner)
{
	struct reimage_follow follow = {.client = *client,
					.run = run,
					.timeout = manner->timeout,
					.view.to = manner->json ? stderr : stdout};
	_cleanup_json_ json_t *last = NULL;
	enum reimage_end end = REIMAGE_ENDED;
	struct err err;
	int r;

	follow.view.terminal = manner->watch && isatty(fileno(follow.view.to));
	r = reimage_follow(&follow, &last, &end, &err);
	reimage_view_clear(&follow.view);
	if (last)
		reimage_summary(last, r == 0 && end == REIMAGE_ENDED, manner->json);
	if (r < 0) {
		fail_with(&err);
		fprintf(stderr, "  remint reimage --resume %s goes on\n", run);
		return EXIT_FAILURE;
	}
	if (end != REIMAGE_ENDED) {
		say_how_it_goes_on(run, end);
		return EXIT_UNFINISHED;
	}
	return reimage_result(last);
}

struct reimage_args {
	struct client_options client;
	struct order_args order;
	struct reimage_choice choice;
	struct reimage_manner manner;
	uint64_t concurrency, max_failures;
	const char *until;
	bool returned, dry_run;
};

/* The body of POST /v1/runs. */
static int run_body(const struct reimage_args *a, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *order = NULL, *nodes = NULL;
	int r = order_args_body(&a->order, &order, err);

	if (r == 0)
		r = reimage_nodes(&a->client, &a->choice, &nodes, err);
	if (r < 0)
		return r;
	if (json_array_size(nodes) > 1 && (a->order.root_disks.n || a->order.wipe_disks.n))
		return err_set(err, EINVAL,
			       "--root-disk and --wipe-disk name disks of one node, and these are %zu",
			       json_array_size(nodes));
	*ret = json_pack("{s:O, s:O, s:I, s:I, s:s, s:b, s:b}", "nodes", nodes, "order", order, "concurrency",
			 (json_int_t)a->concurrency, "max_failures", (json_int_t)a->max_failures, "until",
			 a->until, "return_leased", (int)a->returned, "dry_run", (int)a->dry_run);
	return *ret ? 0 : err_set(err, EINVAL, "names must be UTF-8");
}

static int show_dry_run(json_t *answer, bool json)
{
	static const char *const headings[] = {"NODE", "ORDER", "REASON", NULL};
	struct table *table;
	bool refused = false;
	json_t *node;
	size_t i;

	json_array_foreach(json_object_get(answer, "nodes"), i, node)
		refused |= !json_is_null(json_object_get(node, "refused"));
	if (json) {
		print_json(answer);
		return refused;
	}
	table = table_new(headings);
	json_array_foreach(json_object_get(answer, "nodes"), i, node)
		table_row(table, json_text(node, "node"),
			  json_is_null(json_object_get(node, "refused")) ? "taken" : "refused",
			  json_text(node, "refused"));
	table_print(table);
	return refused;
}

static int begin(const struct reimage_args *a)
{
	_cleanup_json_ json_t *body = NULL, *answer = NULL;
	_cleanup_free_ char *id = NULL;
	struct err err;
	int status;
	size_t n;

	if (run_body(a, &body, &err) < 0 ||
	    client_call(&a->client, "POST", "/v1/runs", body, &answer, &err) < 0)
		return fail_with(&err);
	if (a->dry_run)
		return show_dry_run(answer, a->manner.json);
	id = xstrdup(json_text(answer, "id"));
	n = json_array_size(json_object_get(answer, "nodes"));
	fprintf(a->manner.json ? stderr : stdout, "run %s: %zu node%s, %s, %" PRIu64 " at once\n", id, n,
		n == 1 ? "" : "s", a->order.image ?: "to be erased", a->concurrency);
	stop_begin();
	status = reimage_go(&a->client, id, &a->manner);
	stop_end();
	return status;
}

static int reimage_new(int argc, char **argv)
{
	struct reimage_args a = {.concurrency = 8, .until = "live"};
	const struct arg_option options[] = {
		ORDER_ARGS(&a.order),
		{"nodes-from", ARG_TEXT, &a.choice.from, "FILE",
		 "names and patterns, one a line; - is standard input"},
		{"all-returned", ARG_FLAG, &a.choice.all_returned, "", "all nodes that are returned"},
		{"except", ARG_MANY, &a.choice.except, "NODE",
		 "a name or pattern of nodes that are not meant; may be repeated"},
		{"concurrency", ARG_NUMBER, &a.concurrency, "N", "orders that are open at once (default: 8)"},
		{"max-failures", ARG_NUMBER, &a.max_failures, "N",
		 "begin no more when so many were held (default: whatever comes)"},
		{"until", ARG_TEXT, &a.until, "STATE",
		 "live (default: the tenant's system has come up) or handed-over"},
		{"returned", ARG_FLAG, &a.returned, "",
		 "their tenants have left: set nodes that are leased to returned first"},
		{"dry-run", ARG_FLAG, &a.dry_run, "", "order nothing, and say which orders would be taken"},
		REIMAGE_MANNER_ARGS(&a.manner),
		CLIENT_ARGS(&a.client),
		{},
	};
	const struct arg_spec spec = {
		"remint reimage NODE...",
		"Has nodes made new by one command, so many at once: orders them as others end, shows what\n"
		"becomes of them, and sums up. NODE: a name, or a pattern such as 'rack1-*'. Instead of "
		"nodes:\n"
		"--resume RUN goes on with one that was interrupted, --cancel RUN ends one, --list shows "
		"them.\n"
		"Exit status: 0 all are as wanted, 1 some are not, 2 wrong usage, 3 interrupted or timed "
		"out.",
		options, 0, WORDS_MAX};
	const char *words[WORDS_MAX + 1] = {NULL};
	enum arg_result parsed = args_parse(&spec, argc, argv, words);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (!words[0] && !a.choice.from && !a.choice.all_returned) {
		fprintf(stderr, "remint: which nodes? usage: %s [options]; --help says more\n", spec.usage);
		return EXIT_USAGE;
	}
	a.choice.words = words;
	return begin(&a);
}

/* --resume, --cancel and --list have options of their own, wherever they stand. */
static bool has_option(int argc, char **argv, const char *name)
{
	size_t len = strlen(name);

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!strncmp(argv[i], name, len) && (!argv[i][len] || argv[i][len] == '='))
			return true;
	return false;
}

int verb_reimage(int argc, char **argv)
{
	if (has_option(argc, argv, "--resume"))
		return reimage_resume(argc, argv);
	if (has_option(argc, argv, "--cancel"))
		return reimage_cancel(argc, argv);
	if (has_option(argc, argv, "--list"))
		return reimage_list(argc, argv);
	return reimage_new(argc, argv);
}
