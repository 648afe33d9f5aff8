/* SPDX-License-Identifier: Apache-2.0 */
/* remint bmc drives */
#include <string.h>

#include "cli/bmc/bmc.h"
#include "cli/bmc/progress.h"
#include "cli/client.h"
#include "cli/table.h"
#include "redfish/drives.h"

#define ERASE_TIMEOUT_S 86400

static int list(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err)
{
	(void)what;
	return rf_drives_list(bmc, ret, err);
}

static void show_list(const json_t *result)
{
	static const char *const headings[] = {"DRIVE", "SERIAL",     "MODEL",        "PROTOCOL",
					       "BYTES", "ENCRYPTION", "SECURE ERASE", NULL};
	const json_t *drives = json_object_get(result, "drives"),
		     *problems = json_object_get(result, "problems"), *one;
	struct table *table = table_new(headings);
	size_t i;

	json_array_foreach((json_t *)drives, i, one) {
		const json_t *bytes = json_object_get(one, "bytes");
		char size[32] = "-";

		if (json_is_integer(bytes))
			snprintf(size, sizeof(size), "%lld", (long long)json_integer_value(bytes));
		table_row(table, json_text(one, "id"), json_text(one, "serial"), json_text(one, "model"),
			  json_text(one, "protocol"), size, json_text(one, "encryption"),
			  json_is_true(json_object_get(one, "secure_erase")) ? "yes" : "no");
	}
	table_print(table);
	json_array_foreach((json_t *)problems, i, one)
		printf("not readable: %s: %s\n", json_text(one, "part"), json_text(one, "reason"));
}

static int drives_list(int argc, char **argv)
{
	struct bmc_options options = {0};
	const char *hosts[BMC_HOSTS_MAX + 1] = {0};
	const struct arg_option rows[] = {BMC_ARGS(&options), {}};
	const struct arg_spec spec = {
		"remint bmc drives list HOST...",
		"Shows the drives that the BMCs know of, and which of them they can erase.", rows, 1,
		BMC_HOSTS_MAX};
	const struct bmc_action action = {.run = list, .show = show_list};
	enum arg_result parsed = args_parse(&spec, argc, argv, hosts);

	return parsed == ARG_GO ? bmc_on_all(&options, hosts, &action) : args_exit(parsed);
}

static int erase(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err)
{
	struct bmc_progress progress = {.bmc = rf_bmc_origin(bmc)};
	struct rf_erase_want want = *(const struct rf_erase_want *)what;

	want.progress = bmc_progress_erase;
	want.data = &progress;
	return rf_drive_erase(bmc, &want, ret, err);
}

static void show_erase(const json_t *result)
{
	printf("%s (%s): the BMC says that it has been erased. Nothing was read back: this is the BMC's "
	       "word.\n",
	       json_text(result, "serial"), json_text(result, "model"));
}

static int drives_erase(int argc, char **argv)
{
	struct bmc_options options = {0};
	struct rf_erase_want want = {0};
	const char *hosts[2] = {0};
	bool yes = false;
	const struct arg_option rows[] = {
		{"serial", ARG_TEXT, &want.serial, "SERIAL", "of the drive, as 'list' has it",
		 .needed = true},
		{"yes-erase", ARG_FLAG, &yes, "", "really: all that is on the drive is lost", .needed = true},
		{"type", ARG_TEXT, &want.type, "TYPE",
		 "BlockErase, CryptographicErase or Overwrite, as the BMC offers it; else its own choice"},
		BMC_ARGS(&options),
		{}};
	const struct arg_spec spec = {
		"remint bmc drives erase --serial SERIAL --yes-erase HOST",
		"Has the BMC erase one drive (Drive.SecureErase), and follows that to its end. That a drive "
		"has\n"
		"been erased is what the BMC says; nothing is read back. An order's wipe reads back.\n"
		"--timeout is 86400 here.",
		rows, 1, 1};
	const struct bmc_action action = {
		.run = erase, .what = &want, .show = show_erase, .timeout_s = ERASE_TIMEOUT_S};
	enum arg_result parsed = args_parse(&spec, argc, argv, hosts);

	return parsed == ARG_GO ? bmc_on_all(&options, hosts, &action) : args_exit(parsed);
}

int bmc_drives(int argc, char **argv)
{
	static const struct sub_command table[] = {
		{"list", "which drives there are", drives_list},
		{"erase", "have the BMC erase one", drives_erase},
		{},
	};

	return run_sub_command("bmc drives", "Drives that BMCs know of.", table, argc, argv);
}
