/* SPDX-License-Identifier: Apache-2.0 */
/* remint bmc power */
#include <string.h>

#include "cli/bmc/bmc.h"
#include "cli/client.h"
#include "redfish/power.h"

struct power_request {
	bool show; /* change nothing */
	enum rf_power what;
	bool may_force;
};

static int power(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err)
{
	const struct power_request *request = what;
	char state[RF_POWER_STATE_MAX];
	struct rf_power_done done;
	int r;

	if (request->show) {
		r = rf_power_state(bmc, state, err);
		if (r == 0)
			*ret = json_pack("{s:s}", "power", state);
		return r;
	}
	r = rf_power_set(bmc, request->what, request->may_force, &done, err);
	if (r == 0)
		*ret = json_pack("{s:s, s:s, s:b, s:b}", "power", done.after, "before", done.before, "forced",
				 done.forced, "cycled", done.cycled);
	return r;
}

static void show_power(const json_t *result)
{
	printf("power: %s%s%s\n", json_text(result, "power"),
	       json_is_true(json_object_get(result, "forced")) ? " (it did not shut down, and was forced)"
							       : "",
	       json_is_true(json_object_get(result, "cycled")) ? " (off, wait, on instead of a restart)"
							       : "");
}

static int parse_request(const char *word, struct power_request *ret, struct err *err)
{
	static const struct {
		const char *word;
		struct power_request is;
	} words[] = {
		{"status", {.show = true}},
		{"on", {.what = RF_POWER_ON}},
		{"off", {.what = RF_POWER_OFF}},
		{"force-off", {.what = RF_POWER_FORCE_OFF}},
		{"restart", {.what = RF_POWER_RESTART}},
		{"graceful-restart", {.what = RF_POWER_GRACEFUL_RESTART}},
	};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(word, words[i].word)) {
			*ret = words[i].is;
			return 0;
		}
	return err_set(err, EINVAL,
		       "'%s' is not one of status, on, off, force-off, restart, graceful-restart", word);
}

int bmc_power(int argc, char **argv)
{
	struct bmc_options options = {0};
	struct power_request request = {0};
	const char *operands[BMC_HOSTS_MAX + 2] = {0};
	bool force = false;
	const struct arg_option rows[] = {
		{"force", ARG_FLAG, &force, "", "force off what does not shut down by itself"},
		BMC_ARGS(&options),
		{}};
	const struct arg_spec spec = {"remint bmc power ACTION HOST...",
				      "ACTION is status, on, off (the system shuts down), force-off (at "
				      "once), restart (at once) or\n"
				      "graceful-restart. Returns when the power state is reached.",
				      rows, 2, BMC_HOSTS_MAX + 1};
	const struct bmc_action action = {.run = power, .what = &request, .show = show_power};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, operands);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (parse_request(operands[0], &request, &err) < 0)
		return fail_with(&err);
	request.may_force = force;
	return bmc_on_all(&options, operands + 1, &action);
}
