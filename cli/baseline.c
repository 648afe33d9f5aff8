/* SPDX-License-Identifier: Apache-2.0 */
/* remint baseline put | list | show | remove; capture and compare stand in baseline_bmc.c. docs/baseline.md */
#include "cli/baseline.h"

#include <string.h>

#include "cli/client.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/baseline.h"
#include "protocol/node.h"

int baseline_open(const char *path, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *baseline = NULL;
	int r = json_read_file(path, BASELINE_MAX, &baseline, err);

	if (r < 0)
		return r;
	r = baseline_check(baseline, err);
	if (r < 0)
		return err_prepend(err, "%s", path);
	*ret = TAKE_PTR(baseline);
	return 0;
}

/* "/v1/baselines/NAME", malloc'd. */
static int target_of(const char *name, char **ret, struct err *err)
{
	if (!name_valid(name))
		return err_set(err, EINVAL, "'%s' is not a baseline's name", name);
	*ret = str_printf("/v1/baselines/%s", name);
	return 0;
}

static int put(int argc, char **argv)
{
	struct client_options client = {};
	const char *operands[2] = {0};
	bool json = false;
	const struct arg_option options[] = {
		{"json", ARG_FLAG, &json, "", "print as JSON"}, CLIENT_ARGS(&client), {}};
	const struct arg_spec spec = {
		"remint baseline put NAME FILE",
		"Stores a baseline at the station, in place of one of this name. Orders keep the one that "
		"they were made with.",
		options, 2, 2};
	_cleanup_json_ json_t *baseline = NULL, *answer = NULL;
	_cleanup_free_ char *target = NULL;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, operands);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (target_of(operands[0], &target, &err) < 0 || baseline_open(operands[1], &baseline, &err) < 0 ||
	    client_call(&client, "PUT", target, baseline, &answer, &err) < 0)
		return fail_with(&err);
	if (json)
		print_json(answer);
	else
		printf("%s: SHA-256 %s\n", json_text(answer, "name"), json_text(answer, "sha256"));
	return EXIT_SUCCESS;
}

static int list(int argc, char **argv)
{
	static const char *const headings[] = {"BASELINE", "CHANGED", "BY", "SHA-256", NULL};
	struct client_options client = {};
	bool json = false;
	const struct arg_option options[] = {
		{"json", ARG_FLAG, &json, "", "print as JSON"}, CLIENT_ARGS(&client), {}};
	const struct arg_spec spec = {"remint baseline list", "Lists the station's baselines.", options, 0,
				      0};
	_cleanup_json_ json_t *answer = NULL;
	struct table *table;
	struct err err;
	json_t *one;
	size_t i;
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (client_call(&client, "GET", "/v1/baselines", NULL, &answer, &err) < 0)
		return fail_with(&err);
	if (json) {
		print_json(answer);
		return EXIT_SUCCESS;
	}
	table = table_new(headings);
	json_array_foreach(json_object_get(answer, "baselines"), i, one)
		table_row(table, json_text(one, "name"), json_text(one, "changed"),
			  json_text(one, "changed_by"), json_text(one, "sha256"));
	table_print(table);
	return EXIT_SUCCESS;
}

static int show(int argc, char **argv)
{
	struct client_options client = {};
	const char *name = NULL;
	bool stored = false;
	const struct arg_option options[] = {
		{"stored", ARG_FLAG, &stored, "",
		 "byte for byte as it is stored, in one line: the digest is of this"},
		CLIENT_ARGS(&client),
		{}};
	const struct arg_spec spec = {"remint baseline show NAME",
				      "Prints a baseline of the station, as JSON.", options, 1, 1};
	_cleanup_json_ json_t *baseline = NULL;
	_cleanup_free_ char *target = NULL, *text = NULL;
	size_t len = 0;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &name);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	/* The first call has the station's own words where there is none. */
	if (target_of(name, &target, &err) < 0 ||
	    client_call(&client, "GET", target, NULL, &baseline, &err) < 0 ||
	    (stored && client_fetch(&client, target, &text, &len, &err) < 0))
		return fail_with(&err);
	if (!stored)
		print_json(baseline);
	else if (fwrite(text, 1, len, stdout) != len)
		return fail_with((err_sys(&err, errno, "standard output"), &err));
	return EXIT_SUCCESS;
}

static int forget(int argc, char **argv)
{
	struct client_options client = {};
	const char *name = NULL;
	const struct arg_option options[] = {CLIENT_ARGS(&client), {}};
	const struct arg_spec spec = {
		"remint baseline remove NAME",
		"Removes a baseline from the station. Orders that were made with it keep it.", options, 1, 1};
	_cleanup_free_ char *target = NULL;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &name);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (target_of(name, &target, &err) < 0 ||
	    client_call(&client, "DELETE", target, NULL, NULL, &err) < 0)
		return fail_with(&err);
	return EXIT_SUCCESS;
}

int verb_baseline(int argc, char **argv)
{
	static const struct sub_command table[] = {
		{"capture", "make one of a machine that is as it should be", baseline_capture},
		{"compare", "compare machines with one", baseline_compare_command},
		{"put", "store one at the station", put},
		{"list", "list those of the station", list},
		{"show", "print one of the station", show},
		{"remove", "remove one from the station", forget},
		{},
	};

	return run_sub_command("baseline",
			       "What machines are to be like, as their management controllers tell it.",
			       table, argc, argv);
}
