/* SPDX-License-Identifier: Apache-2.0 */
/* remint baseline capture | compare: baselines and BMCs, without a station. */
#include <string.h>

#include "cli/baseline.h"
#include "cli/bmc/bmc.h"
#include "cli/certificate/out_of_band.h"
#include "cli/client.h"
#include "cli/plain.h"
#include "core/io.h"
#include "core/json.h"
#include "core/log.h"
#include "protocol/baseline/baseline.h"
#include "protocol/baseline/capture.h"
#include "protocol/node.h"
#include "station/out_of_band/out_of_band.h"

struct capture {
	const char *name, *to; /* to NULL: standard output */
};

/* What the BMC does not tell is left out, and said to be. */
static int capture_part(struct rf_bmc *bmc, enum baseline_part part, json_t **ret, struct err *err)
{
	const char *name = baseline_part_name(part);
	const json_t *problem;
	size_t i;
	int r = out_of_band_read_part(bmc, part, ret, err);

	if (r == -ECANCELED || r == -ETIMEDOUT)
		return r;
	if (r < 0)
		log_warn("%s: left out: %s", name, err->text);
	json_array_foreach(json_object_get(*ret, "problems"), i, problem)
		log_warn("%s: left out: %s: %s", name, json_text(problem, "part"),
			 json_text(problem, "reason"));
	return 0;
}

static int capture(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err)
{
	const struct capture *wish = what;
	json_t *read[BASELINE_PARTS] = {0};
	_cleanup_json_ json_t *baseline = NULL;
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r = 0;

	for (unsigned part = 0; part < BASELINE_PARTS && r == 0; part++)
		r = capture_part(bmc, part, &read[part], err);
	if (r == 0)
		r = baseline_capture_from(wish->name, (const json_t *const *)read, &baseline, err);
	for (unsigned part = 0; part < BASELINE_PARTS; part++)
		json_decref(read[part]);
	if (r == 0 && wish->to) {
		text = json_pretty(baseline, &len);
		r = file_write_atomic(wish->to, text, len, 0644, err);
	}
	if (r == 0)
		*ret = TAKE_PTR(baseline);
	return r;
}

static void show_captured(const json_t *baseline)
{
	print_json(baseline);
}

static void show_written(const json_t *baseline)
{
	printf("%s: %zu components, %zu BIOS attributes, %zu accounts\n", baseline_name(baseline),
	       json_array_size(json_object_get(baseline, "firmware")),
	       json_object_size(json_object_get(json_object_get(baseline, "bios"), "attributes")),
	       json_array_size(json_object_get(json_object_get(baseline, "accounts"), "allowed")));
}

int baseline_capture(int argc, char **argv)
{
	struct bmc_options options = {0};
	struct capture wish = {0};
	const char *host[2] = {0};
	const struct arg_option rows[] = {
		{"name", ARG_TEXT, &wish.name, "NAME", "of the baseline", true},
		{"output", ARG_TEXT, &wish.to, "FILE", "where to (default: standard output)", false, 'o'},
		BMC_ARGS(&options),
		{}};
	const struct arg_spec spec = {
		"remint baseline capture HOST",
		"Makes a baseline of what the BMC of a machine that is as it should be tells: versions of "
		"firmware,\n"
		"BIOS attributes, accounts. Read it, and take out what may differ from machine to machine.",
		rows, 1, 1};
	struct bmc_action action = {.run = capture, .what = &wish};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, host);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (!name_valid(wish.name))
		return fail_with(
			(err_set(&err, EINVAL,
				 "'%s' is not a baseline's name: lower-case letters, digits, '.' and "
				 "'-' alone",
				 wish.name),
			 &err));
	action.show = wish.to ? show_written : show_captured;
	return bmc_on_all(&options, host, &action);
}

struct comparison {
	const json_t *baseline;
	unsigned *otherwise; /* machines that differ, or could not be read whole */
};

static int compare(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err)
{
	const struct comparison *wish = what;
	_cleanup_out_of_band_ struct out_of_band result = {0};
	int r = out_of_band_read(bmc, wish->baseline, &result, err);

	if (r < 0)
		return r;
	for (unsigned part = 0; part < BASELINE_PARTS; part++) {
		const json_t *one = json_object_get(result.document, baseline_part_name(part));

		if (json_is_object(one) && strcmp(json_text(one, "state"), "equal") != 0) {
			++*wish->otherwise;
			break;
		}
	}
	*ret = TAKE_PTR(result.document);
	return 0;
}

/* Without the event log, which a station alone keeps. */
static void show_comparison(const json_t *document)
{
	_cleanup_json_ json_t *compared = json_copy((json_t *)document), *lines = NULL;
	const json_t *line;
	size_t i;

	json_object_del(compared, "event_log");
	lines = words_out_of_band(compared);
	json_array_foreach(lines, i, line) {
		_cleanup_free_ char *text = xstrdup(json_string_value(line));

		plain_text(text);
		puts(text);
	}
}

int baseline_compare_command(int argc, char **argv)
{
	struct bmc_options options = {0};
	const char *hosts[BMC_HOSTS_MAX + 1] = {0}, *file = NULL;
	const struct arg_option rows[] = {
		{"baseline", ARG_TEXT, &file, "FILE", "what they are to be like", true},
		BMC_ARGS(&options),
		{}};
	const struct arg_spec spec = {
		"remint baseline compare HOST...",
		"Compares what the BMCs tell of their machines with a baseline. The exit status is 0 when "
		"nothing\n"
		"differs and all of it could be read.",
		rows, 1, BMC_HOSTS_MAX};
	_cleanup_json_ json_t *baseline = NULL;
	unsigned otherwise = 0;
	struct comparison wish = {.otherwise = &otherwise};
	const struct bmc_action action = {.run = compare, .what = &wish, .show = show_comparison};
	struct err err;
	int status;
	enum arg_result parsed = args_parse(&spec, argc, argv, hosts);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (baseline_open(file, &baseline, &err) < 0)
		return fail_with(&err);
	wish.baseline = baseline;
	status = bmc_on_all(&options, hosts, &action);
	if (!otherwise)
		return status;
	return fail_with((err_set(&err, EINVAL, "%u of the machines are not as the baseline %s says",
				  otherwise, baseline_name(baseline)),
			  &err));
}
