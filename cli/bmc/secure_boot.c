/* SPDX-License-Identifier: Apache-2.0 */
/* remint bmc secure-boot: the switch, and all keys at once. */
#include "cli/bmc/secure_boot.h"

#include <string.h>

#include "cli/client.h"
#include "cli/plain.h"
#include "cli/table.h"
#include "core/io.h"

static int show_state(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err)
{
	return rf_secure_boot_get(bmc, what, ret, err);
}

static void add_keys(struct table *table, const json_t *database)
{
	const json_t *certificates = json_object_get(database, "certificates"),
		     *signatures = json_object_get(database, "signatures"), *key;
	size_t i;

	json_array_foreach((json_t *)certificates, i, key)
		table_row(table, json_text(database, "id"), json_text(key, "id"),
			  json_text(key, json_is_string(json_object_get(key, "why")) ? "why" : "sha256"),
			  json_text(key, "subject"));
	json_array_foreach((json_t *)signatures, i, key)
		table_row(table, json_text(database, "id"), json_text(key, "id"), json_text(key, "value"),
			  json_text(key, "type"));
}

static void print_state(const json_t *result)
{
	const json_t *enable = json_object_get(result, "enable");
	_cleanup_free_ char *line =
		str_printf("Secure Boot: %s at the next start; %s at this one; %s",
			   json_is_boolean(enable) ? json_is_true(enable) ? "on" : "off" : "not said",
			   json_text(result, "current_boot"), json_text(result, "mode"));

	plain_text(line);
	puts(line);
}

static void show_all(const json_t *result)
{
	static const char *const headings[] = {"DATABASE", "ID", "SHA-256", "SUBJECT", NULL};
	const json_t *databases = json_object_get(result, "databases"),
		     *problems = json_object_get(result, "problems"), *one;
	struct table *table = table_new(headings);
	size_t i;

	print_state(result);
	json_array_foreach((json_t *)databases, i, one)
		add_keys(table, one);
	table_print(table);
	json_array_foreach((json_t *)problems, i, one)
		printf("not readable: %s: %s\n", json_text(one, "part"), json_text(one, "reason"));
}

static int secure_boot_show(int argc, char **argv)
{
	struct bmc_options options = {0};
	const char *hosts[BMC_HOSTS_MAX + 1] = {0}, *database = NULL;
	const struct arg_option rows[] = {
		{"database", ARG_TEXT, &database, "NAME", "this one alone: PK, KEK, db, dbx"},
		BMC_ARGS(&options),
		{}};
	const struct arg_spec spec = {
		"remint bmc secure-boot show HOST...",
		"Shows whether Secure Boot is on, and the firmware's key databases as the BMC has "
		"them.",
		rows, 1, BMC_HOSTS_MAX};
	struct bmc_action action = {.run = show_state, .show = show_all};
	enum arg_result parsed = args_parse(&spec, argc, argv, hosts);

	action.what = database;
	return parsed == ARG_GO ? bmc_on_all(&options, hosts, &action) : args_exit(parsed);
}

static int enable(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err)
{
	return rf_secure_boot_enable(bmc, *(const bool *)what, ret, err);
}

static void show_enable(const json_t *result)
{
	print_state(result);
	if (!json_is_true(json_object_get(result, "in_force")))
		puts("in force after the machine's next start");
}

static int switch_it(int argc, char **argv, bool on)
{
	struct bmc_options options = {0};
	const char *hosts[BMC_HOSTS_MAX + 1] = {0};
	const struct arg_option rows[] = {BMC_ARGS(&options), {}};
	const struct arg_spec spec = {on ? "remint bmc secure-boot enable HOST..."
					 : "remint bmc secure-boot disable HOST...",
				      on ? "Switches Secure Boot on, from the machine's next start."
					 : "Switches Secure Boot off, from the machine's next start.",
				      rows, 1, BMC_HOSTS_MAX};
	const struct bmc_action action = {.run = enable, .what = &on, .show = show_enable};
	enum arg_result parsed = args_parse(&spec, argc, argv, hosts);

	return parsed == ARG_GO ? bmc_on_all(&options, hosts, &action) : args_exit(parsed);
}

static int secure_boot_enable(int argc, char **argv)
{
	return switch_it(argc, argv, true);
}

static int secure_boot_disable(int argc, char **argv)
{
	return switch_it(argc, argv, false);
}

int bmc_secure_boot(int argc, char **argv)
{
	static const struct sub_command table[] = {
		{"show", "the switch, and the keys", secure_boot_show},
		{"enable", "switch it on", secure_boot_enable},
		{"disable", "switch it off", secure_boot_disable},
		{"reset", "delete keys, or those of the factory", bmc_secure_boot_reset},
		{"add", "a certificate into a database", bmc_secure_boot_add},
		{"delete", "a key out of a database", bmc_secure_boot_delete},
		{},
	};

	return run_sub_command("bmc secure-boot", "Secure Boot of machines, and the keys in their firmware.",
			       table, argc, argv);
}
