/* SPDX-License-Identifier: Apache-2.0 */
/* remint bmc log */
#include <string.h>

#include "cli/bmc/bmc.h"
#include "cli/client.h"
#include "cli/table.h"
#include "core/time.h"
#include "redfish/log.h"

struct log_request {
	bool clear;
	struct rf_log_wish wish;
};

static int log_(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err)
{
	const struct log_request *request = what;

	return request->clear ? rf_log_clear(bmc, request->wish.log, ret, err)
			      : rf_log_read(bmc, &request->wish, ret, err);
}

static void show_entries(const json_t *result)
{
	static const char *const headings[] = {"TIME", "SEVERITY", "LOG", "MESSAGE", NULL};
	const json_t *list = json_object_get(result, "entries"),
		     *problems = json_object_get(result, "problems"), *one;
	struct table *table = table_new(headings);
	size_t i;

	json_array_foreach((json_t *)list, i, one) {
		const char *log = json_text(one, "log"), *slash = strrchr(log, '/');

		table_row(table, json_text(one, "time"), json_text(one, "severity"), slash ? slash + 1 : log,
			  json_text(one, json_is_string(json_object_get(one, "message")) ? "message"
											 : "message_id"));
	}
	table_print(table);
	if (json_is_false(json_object_get(result, "complete")))
		puts("(there are more)");
	json_array_foreach((json_t *)problems, i, one)
		printf("not readable: %s: %s\n", json_text(one, "part"), json_text(one, "reason"));
}

static void show_cleared(const json_t *result)
{
	const json_t *one;
	size_t i;

	json_array_foreach((json_t *)result, i, one)
		printf("cleared: %s\n", json_text(one, "path"));
}

static void show_log(const json_t *result)
{
	if (json_is_array(result))
		show_cleared(result);
	else
		show_entries(result);
}

static int check(const char *word, uint64_t last, struct log_request *request, struct err *err)
{
	time_t t;

	if (strcmp(word, "show") != 0 && strcmp(word, "clear") != 0)
		return err_set(err, EINVAL, "'%s' is not one of show, clear", word);
	request->clear = !strcmp(word, "clear");
	if (request->clear && (request->wish.since || last))
		return err_set(err, EINVAL, "--since and --last are for show: a log is cleared as a whole");
	if (request->wish.since && time_parse(request->wish.since, &t) < 0)
		return err_set(err, EINVAL, "--since wants a time in UTC such as 2026-11-22T21:00:00Z");
	if (last > RF_LOG_ENTRIES_MAX)
		return err_set(err, EINVAL, "--last is at most %d", RF_LOG_ENTRIES_MAX);
	request->wish.max = (unsigned)last;
	return 0;
}

int bmc_log(int argc, char **argv)
{
	struct bmc_options options = {0};
	struct log_request request = {0};
	const char *operands[BMC_HOSTS_MAX + 2] = {0};
	uint64_t last = 0;
	const struct arg_option rows[] = {
		{"log", ARG_TEXT, &request.wish.log, "ID",
		 "this log alone; else all of the machine and its BMC"},
		{"since", ARG_TEXT, &request.wish.since, "TIME", "show: from then on (2026-11-22T21:00:00Z)"},
		{"last", ARG_NUMBER, &last, "N", "show: so many, the newest"},
		BMC_ARGS(&options),
		{}};
	const struct arg_spec spec = {"remint bmc log WHAT HOST...",
				      "WHAT is show, or clear, after which the entries are gone: show them "
				      "with --json first.",
				      rows, 2, BMC_HOSTS_MAX + 1};
	const struct bmc_action action = {.run = log_, .what = &request, .show = show_log};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, operands);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (check(operands[0], last, &request, &err) < 0)
		return fail_with(&err);
	return bmc_on_all(&options, operands + 1, &action);
}
