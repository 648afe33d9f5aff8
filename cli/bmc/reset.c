/* SPDX-License-Identifier: Apache-2.0 */
/* remint bmc reset */
#include <string.h>

#include "cli/bmc/bmc.h"
#include "cli/client.h"
#include "core/io.h"
#include "redfish/reset.h"

struct reset_request {
	bool show; /* change nothing */
	enum rf_reset what;
};

static int reset(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err)
{
	const struct reset_request *request = what;

	return request->show ? rf_reset_show(bmc, ret, err) : rf_reset(bmc, request->what, ret, err);
}

static void show_types(const char *label, const json_t *types)
{
	const json_t *one;
	size_t i;

	printf("%s", label);
	if (!json_array_size(types))
		fputs(" -", stdout);
	json_array_foreach((json_t *)types, i, one)
		printf("%s %s", i ? "," : "", json_string_value(one));
	putchar('\n');
}

static void show_reset(const json_t *result)
{
	if (json_object_get(result, "path")) {
		printf("manager:  %s (%s, firmware %s)\n", json_text(result, "manager"),
		       json_text(result, "model"), json_text(result, "firmware"));
		show_types("restart: ", json_object_get(result, "restart"));
		show_types("defaults:", json_object_get(result, "defaults"));
		return;
	}
	printf("%s: %s, back after %lld s%s\n", json_text(result, "manager"), json_text(result, "type"),
	       (long long)json_integer_value(json_object_get(result, "seconds")),
	       json_is_true(json_object_get(result, "login"))
		       ? ""
		       : "; it no longer takes this user and password");
}

static int parse_request(const char *word, const char *keep, struct reset_request *ret, struct err *err)
{
	static const struct {
		const char *word, *keep;
		struct reset_request is;
	} words[] = {
		{"show", NULL, {.show = true}},
		{"restart", NULL, {.what = RF_RESET_RESTART}},
		{"force-restart", NULL, {.what = RF_RESET_FORCE}},
		{"defaults", NULL, {.what = RF_RESET_DEFAULTS}},
		{"defaults", "network", {.what = RF_RESET_DEFAULTS_BUT_NETWORK}},
		{"defaults", "network-and-users", {.what = RF_RESET_DEFAULTS_BUT_ACCOUNTS}},
	};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(word, words[i].word) &&
		    !strcmp(keep ? keep : "", words[i].keep ? words[i].keep : "")) {
			*ret = words[i].is;
			return 0;
		}
	if (keep)
		return err_set(err, EINVAL,
			       "--keep is for defaults alone, and is network or network-and-users");
	return err_set(err, EINVAL, "'%s' is not one of show, restart, force-restart, defaults", word);
}

int bmc_reset(int argc, char **argv)
{
	struct bmc_options options = {0};
	struct reset_request request = {0};
	const char *operands[BMC_HOSTS_MAX + 2] = {0}, *keep = NULL;
	bool yes = false;
	const struct arg_option rows[] = {
		{"keep", ARG_TEXT, &keep, "WHAT", "of defaults: network, or network-and-users"},
		{"yes-defaults", ARG_FLAG, &yes, "",
		 "really: the BMC's settings are lost (needed for defaults)"},
		BMC_ARGS(&options),
		{}};
	const struct arg_spec spec = {
		"remint bmc reset WHAT HOST...",
		"Restarts the BMC itself; the machine goes on. WHAT is show (what the BMC offers), restart,\n"
		"force-restart, or defaults: its settings from the factory, its accounts and address too "
		"unless\n"
		"--keep says otherwise. Returns when the BMC has been away and answers again (--wait, 600).",
		rows, 2, BMC_HOSTS_MAX + 1};
	const struct bmc_action action = {.run = reset, .what = &request, .show = show_reset};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, operands);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (parse_request(operands[0], keep, &request, &err) < 0)
		return fail_with(&err);
	if (!strcmp(operands[0], "defaults") && !yes) {
		err_set(&err, EINVAL, "the BMC's settings would be lost; say --yes-defaults");
		return fail_with(&err);
	}
	return bmc_on_all(&options, operands + 1, &action);
}
