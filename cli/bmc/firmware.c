/* SPDX-License-Identifier: Apache-2.0 */
/* remint bmc firmware */
#include <string.h>

#include "cli/bmc/bmc.h"
#include "cli/bmc/progress.h"
#include "cli/client.h"
#include "cli/table.h"
#include "redfish/firmware.h"

#define UPDATE_TIMEOUT_S 7200

static int list(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err)
{
	(void)what;
	return rf_firmware_list(bmc, ret, err);
}

static void show_list(const json_t *result)
{
	static const char *const headings[] = {"FIRMWARE", "NAME", "VERSION", "UPDATEABLE", NULL};
	const json_t *entries = json_object_get(result, "firmware"),
		     *problems = json_object_get(result, "problems"), *entry;
	struct table *table = table_new(headings);
	size_t i;

	json_array_foreach((json_t *)entries, i, entry) {
		const json_t *updateable = json_object_get(entry, "updateable");

		table_row(table, json_text(entry, "id"), json_text(entry, "name"),
			  json_text(entry, "version"),
			  json_is_boolean(updateable) ? json_is_true(updateable) ? "yes" : "no" : "-");
	}
	table_print(table);
	json_array_foreach((json_t *)problems, i, entry)
		printf("not readable: %s: %s\n", json_text(entry, "part"), json_text(entry, "reason"));
}

static int firmware_list(int argc, char **argv)
{
	struct bmc_options options = {0};
	const char *hosts[BMC_HOSTS_MAX + 1] = {0};
	const struct arg_option rows[] = {BMC_ARGS(&options), {}};
	const struct arg_spec spec = {"remint bmc firmware list HOST...",
				      "Shows the versions of firmware that the BMCs know of.", rows, 1,
				      BMC_HOSTS_MAX};
	const struct bmc_action action = {.run = list, .show = show_list};
	enum arg_result parsed = args_parse(&spec, argc, argv, hosts);

	return parsed == ARG_GO ? bmc_on_all(&options, hosts, &action) : args_exit(parsed);
}

static int update(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err)
{
	struct bmc_progress progress = {.bmc = rf_bmc_origin(bmc)};
	struct rf_firmware_want want = *(const struct rf_firmware_want *)what;

	want.progress = bmc_progress_show;
	want.data = &progress;
	return rf_firmware_update(bmc, &want, ret, err);
}

static void show_update(const json_t *result)
{
	static const char *const headings[] = {"FIRMWARE", "NAME", "BEFORE", "NOW", NULL};
	const json_t *changes = json_object_get(result, "changes"), *one;
	bool pending = !strcmp(json_text(result, "outcome"), "pending");
	struct table *table;
	size_t i;

	if (!strcmp(json_text(result, "outcome"), "there"))
		puts("this version is there already: nothing was sent");
	if (json_array_size(changes)) {
		table = table_new(headings);
		json_array_foreach((json_t *)changes, i, one)
			table_row(table, json_text(one, "id"), json_text(one, "name"),
				  json_text(one, "before"), json_text(one, "after"));
		table_print(table);
	}
	if (pending || json_is_true(json_object_get(result, "needs_reset")))
		puts(pending ? "pending: the BMC has taken it; it is in force after a reset"
			     : "the BMC says that a reset is needed");
}

static int parse_apply(const char *word, enum rf_apply *ret, struct err *err)
{
	if (!word)
		*ret = RF_APPLY_AS_EVER;
	else if (!strcmp(word, "now"))
		*ret = RF_APPLY_NOW;
	else if (!strcmp(word, "reset"))
		*ret = RF_APPLY_AT_RESET;
	else
		return err_set(err, EINVAL, "--apply is now or reset, not '%s'", word);
	return 0;
}

static int check_hosts(const char *const *hosts, bool too_many, struct err *err)
{
	if (!*hosts)
		return err_set(err, EINVAL, "which BMC? name FILE (or --uri URL), then HOST");
	if (too_many)
		return err_set(err, EINVAL, "at most %d BMCs at once", BMC_HOSTS_MAX);
	return 0;
}

static int firmware_update(int argc, char **argv)
{
	struct bmc_options options = {0};
	struct rf_firmware_want want = {0};
	struct arg_list targets = {0};
	const char *operands[BMC_HOSTS_MAX + 2] = {0}, *apply = NULL, **hosts = operands;
	const struct arg_option rows[] = {
		{"uri", ARG_TEXT, &want.uri, "URL",
		 "the image, which the BMC fetches itself; instead of FILE"},
		{"target", ARG_MANY, &targets, "ID",
		 "this firmware (as 'list' has it), or a path of the BMC; more than once for several"},
		{"version", ARG_TEXT, &want.version, "TEXT",
		 "what the image brings to each --target: where it is there already nothing is sent"},
		{"apply", ARG_TEXT, &apply, "WHEN", "now, or reset: at the next one. Else as the BMC does"},
		BMC_ARGS(&options),
		{}};
	const struct arg_spec spec = {
		"remint bmc firmware update FILE HOST... (or --uri URL HOST...)",
		"Sends an image to the BMCs or has them fetch it, follows the update, and tells which "
		"versions\n"
		"have changed. It is an error when none has and no reset is pending; with --version it is a\n"
		"success when it is there already. --timeout is 7200 here.",
		rows, 1, BMC_HOSTS_MAX + 1};
	const struct bmc_action action = {
		.run = update, .what = &want, .show = show_update, .timeout_s = UPDATE_TIMEOUT_S};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, operands);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (parse_apply(apply, &want.apply, &err) < 0)
		return fail_with(&err);
	if (!want.uri)
		want.file = *hosts++;
	want.targets = targets.n ? targets.items : NULL;
	if (want.version && !want.targets)
		return fail_with(
			(err_set(&err, EINVAL, "--version needs --target: which firmware is to have it"),
			 &err));
	if (check_hosts(hosts, want.uri && operands[BMC_HOSTS_MAX], &err) < 0)
		return fail_with(&err);
	return bmc_on_all(&options, hosts, &action);
}

int bmc_firmware(int argc, char **argv)
{
	static const struct sub_command table[] = {
		{"list", "which versions there are", firmware_list},
		{"update", "another version in place of one", firmware_update},
		{},
	};

	return run_sub_command("bmc firmware", "Firmware of machines and of their BMCs.", table, argc, argv);
}
