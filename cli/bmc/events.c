/* SPDX-License-Identifier: Apache-2.0 */
/* remint bmc events: lines as things happen, of one BMC or of many at once. */
#include <string.h>

#include "cli/bmc/bmc.h"
#include "cli/client.h"
#include "cli/plain.h"
#include "core/io.h"
#include "core/log.h"
#include "redfish/events.h"

#define ONCE_TIMEOUT_S   60
#define FOLLOW_TIMEOUT_S 86400
#define RECORDS_MAX      256 /* of one event */

struct events_request {
	bool follow, json, several;
};

/* One BMC's. */
struct printer {
	const struct events_request *request;
	const char *bmc;
};

static void print_plain(const char *bmc, const char *text)
{
	_cleanup_free_ char *line = str_printf("%s%s%s", bmc ? bmc : "", bmc ? ": " : "", text);

	for (char *p = line; *p; p++)
		if (*p == '\n')
			*p = ' ';
	plain_text(line);
	puts(line);
}

/* "TIME SEVERITY MESSAGE-ID: MESSAGE (ORIGIN)" */
static void print_record(const struct printer *p, const json_t *record)
{
	const json_t *origin = json_object_get(json_object_get(record, "OriginOfCondition"), "@odata.id");
	const char *severity = json_text(
		record, json_object_get(record, "MessageSeverity") ? "MessageSeverity" : "Severity");
	_cleanup_free_ char *line = str_printf(
		"%.40s %.20s %.100s: %.2000s%s%.300s%s", json_text(record, "EventTimestamp"), severity,
		json_text(record, "MessageId"), json_text(record, "Message"), origin ? " (" : "",
		origin && json_is_string(origin) ? json_string_value(origin) : "", origin ? ")" : "");

	print_plain(p->request->several ? p->bmc : NULL, line);
}

static void print_lines(const struct printer *p, const json_t *payload)
{
	const json_t *records = json_object_get(payload, "Events"), *record;
	size_t i;

	if (!json_is_array(records)) {
		_cleanup_free_ char *line = str_printf("%.100s %.200s", json_text(payload, "@odata.type"),
						       json_text(payload, "Id"));

		print_plain(p->request->several ? p->bmc : NULL, line);
	}
	json_array_foreach((json_t *)records, i, record)
		if (i < RECORDS_MAX)
			print_record(p, record);
}

static void print_json_line(const struct printer *p, const char *id, const json_t *payload)
{
	_cleanup_json_ json_t *line = json_pack("{s:s, s:s, s:O}", "bmc", p->bmc, "id", id, "event", payload);
	_cleanup_free_ char *text = json_canonical(line, NULL);

	puts(text);
}

static void take(void *data, const char *id, const json_t *payload, const char *why)
{
	const struct printer *p = data;

	if (!payload)
		log_warn("%s: an event that cannot be read: %s", p->bmc, why);
	else if (p->request->json)
		print_json_line(p, id, payload);
	else
		print_lines(p, payload);
	fflush(stdout);
}

static int watch(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err)
{
	const struct events_request *request = what;
	struct printer printer = {.request = request, .bmc = rf_bmc_origin(bmc)};
	const struct rf_events_want want = {.follow = request->follow, .take = take, .data = &printer};

	(void)ret;
	return rf_events(bmc, &want, err);
}

int bmc_events(int argc, char **argv)
{
	struct bmc_options options = {0};
	struct events_request request = {0};
	const char *hosts[BMC_HOSTS_MAX + 1] = {0};
	const struct arg_option rows[] = {{"follow", ARG_FLAG, &request.follow, "",
					   "begin again, after the last event, when the stream ends"},
					  BMC_ARGS(&options),
					  {}};
	const struct arg_spec spec = {"remint bmc events HOST...",
				      "Prints what the BMCs tell of as it happens, a line each; with --json, "
				      "each event as the BMC has\n"
				      "it, in a line of JSON. Ends with the stream, with --timeout (60; with "
				      "--follow 86400), or with\n"
				      "Ctrl-C; none of these is a failure.",
				      rows, 1, BMC_HOSTS_MAX};
	struct bmc_action action = {.run = watch, .what = &request};
	enum arg_result parsed = args_parse(&spec, argc, argv, hosts);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	request.json = options.json;
	request.several = hosts[1] != NULL;
	action.timeout_s = request.follow ? FOLLOW_TIMEOUT_S : ONCE_TIMEOUT_S;
	return bmc_on_all(&options, hosts, &action);
}
