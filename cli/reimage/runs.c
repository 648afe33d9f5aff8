/* SPDX-License-Identifier: Apache-2.0 */
/* remint reimage --resume | --cancel | --list: runs that are at the station, whoever made them. */
#include <string.h>

#include "cli/reimage/reimage.h"
#include "cli/reimage/summary.h"
#include "cli/stop.h"
#include "cli/table.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/node.h"

#define NOT_GIVEN UINT64_MAX

/* One call on a run, which comes back. */
static int call_run(const struct client_options *client, const char *run, const char *what,
		    const json_t *body, json_t **ret, struct err *err)
{
	_cleanup_free_ char *target = NULL;

	if (!name_valid(run))
		return err_set(err, EINVAL, "'%s' is not a run's id", run);
	target = str_printf("/v1/runs/%s/%s", run, what);
	return client_call(client, "POST", target, body, ret, err);
}

int reimage_resume(int argc, char **argv)
{
	struct client_options client = {};
	struct reimage_manner manner = {};
	const char *run = NULL;
	uint64_t concurrency = NOT_GIVEN, max_failures = NOT_GIVEN;
	const struct arg_option options[] = {
		{"resume", ARG_TEXT, &run, "RUN", "its id, as --list shows it", .needed = true},
		{"concurrency", ARG_NUMBER, &concurrency, "N", "from now on (default: as before)"},
		{"max-failures", ARG_NUMBER, &max_failures, "N",
		 "from now on, counted from the run's beginning; 0: whatever comes (default: as before)"},
		REIMAGE_MANNER_ARGS(&manner),
		CLIENT_ARGS(&client),
		{}};
	const struct arg_spec spec = {
		"remint reimage --resume RUN",
		"Goes on with a run: follows the orders that are open, and makes those that have not been\n"
		"made. Nodes that were refused are tried again; those that were held are not.",
		options, 0, 0};
	_cleanup_json_ json_t *body = json_object(), *answer = NULL;
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);
	struct err err;
	int status;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (concurrency != NOT_GIVEN)
		json_object_set_new(body, "concurrency", json_integer((json_int_t)concurrency));
	if (max_failures != NOT_GIVEN)
		json_object_set_new(body, "max_failures", json_integer((json_int_t)max_failures));
	if (call_run(&client, run, "resume", body, &answer, &err) < 0)
		return fail_with(&err);
	stop_begin();
	status = reimage_go(&client, run, &manner);
	stop_end();
	return status;
}

int reimage_cancel(int argc, char **argv)
{
	struct client_options client = {};
	const char *run = NULL;
	bool json = false;
	const struct arg_option options[] = {
		{"cancel", ARG_TEXT, &run, "RUN", "its id, as --list shows it", .needed = true},
		{"json", ARG_FLAG, &json, "", "print the run as JSON"},
		CLIENT_ARGS(&client),
		{}};
	const struct arg_spec spec = {
		"remint reimage --cancel RUN",
		"Ends a run: no more orders are made, and those that are pending or running are cancelled.\n"
		"What has been erased stays erased, and those disks do not boot. Orders that are being\n"
		"committed or have been handed over go on.",
		options, 0, 0};
	_cleanup_json_ json_t *answer = NULL;
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);
	struct err err;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (call_run(&client, run, "cancel", NULL, &answer, &err) < 0)
		return fail_with(&err);
	reimage_summary(answer, true, json);
	return EXIT_SUCCESS;
}

static void list_row(struct table *table, const json_t *run)
{
	const json_t *counts = json_object_get(run, "counts");
	char numbers[5][24];
	static const char *const keys[] = {"nodes", "done", "open", "waiting"};
	json_int_t failed = json_integer_value(json_object_get(counts, "held")) +
			    json_integer_value(json_object_get(counts, "refused")) +
			    json_integer_value(json_object_get(counts, "cancelled"));

	for (unsigned i = 0; i < 4; i++)
		snprintf(numbers[i], sizeof(numbers[i]), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(json_object_get(counts, keys[i])));
	snprintf(numbers[4], sizeof(numbers[4]), "%" JSON_INTEGER_FORMAT, failed);
	table_row(table, json_text(run, "id"), json_text(run, "state"), json_text(run, "image"), numbers[0],
		  numbers[1], numbers[2], numbers[3], numbers[4], json_text(run, "requested_by"),
		  json_text(run, "created"));
}

int reimage_list(int argc, char **argv)
{
	static const char *const headings[] = {"RUN",     "STATE",  "IMAGE", "NODES",   "DONE", "OPEN",
					       "WAITING", "FAILED", "BY",    "CREATED", NULL};
	struct client_options client = {};
	bool list = false, json = false;
	const struct arg_option options[] = {{"list", ARG_FLAG, &list, "", "list the runs"},
					     {"json", ARG_FLAG, &json, "", "print as JSON"},
					     CLIENT_ARGS(&client),
					     {}};
	const struct arg_spec spec = {"remint reimage --list", "Lists the runs, newest first.", options, 0,
				      0};
	_cleanup_json_ json_t *answer = NULL;
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);
	struct table *table;
	struct err err;
	json_t *run;
	size_t i;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (client_call(&client, "GET", "/v1/runs", NULL, &answer, &err) < 0)
		return fail_with(&err);
	if (json) {
		print_json(answer);
		return EXIT_SUCCESS;
	}
	table = table_new(headings);
	json_array_foreach(json_object_get(answer, "runs"), i, run)
		list_row(table, run);
	table_print(table);
	return EXIT_SUCCESS;
}
