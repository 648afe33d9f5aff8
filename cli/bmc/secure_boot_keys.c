/* SPDX-License-Identifier: Apache-2.0 */
/* remint bmc secure-boot reset, add, delete */
#include <string.h>

#include "cli/bmc/secure_boot.h"
#include "cli/client.h"
#include "cli/plain.h"
#include "core/io.h"

#define CERTIFICATE_MAX 65536 /* bytes of the file */

#define DATABASE_ROW(into, is_needed)                                                        \
	{                                                                                    \
		"database", ARG_TEXT, into, "NAME", "PK, KEK, db or dbx, as the BMC has it", \
			.needed = is_needed                                                  \
	}

struct keys_request {
	const char *database, *key, *owner;
	char *pem;
	enum rf_keys_reset what;
};

/* What was done to `what`, and whether it is there already. */
static void say(const json_t *result, const char *what, const char *done)
{
	_cleanup_free_ char *line = str_printf("%s: %s%s", what, done,
					       json_is_true(json_object_get(result, "seen"))
						       ? ""
						       : "; the BMC agreed, and does not show it yet: look "
							 "again after the machine's next start");

	plain_text(line);
	puts(line);
}

static int reset(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err)
{
	const struct keys_request *request = what;

	return rf_secure_boot_reset(bmc, request->database, request->what, ret, err);
}

static void show_reset(const json_t *result)
{
	const json_t *database = json_object_get(result, "database");

	say(result, json_is_string(database) ? json_string_value(database) : "all keys",
	    json_text(result, "type"));
}

static int parse_reset(const char *word, struct keys_request *request, struct err *err)
{
	static const char *const words[] = {[RF_KEYS_DELETE_ALL] = "delete-all",
					    [RF_KEYS_DEFAULT] = "default",
					    [RF_KEYS_DELETE_PK] = "delete-pk"};
	unsigned i = 0;

	while (i < sizeof(words) / sizeof(words[0]) && strcmp(word, words[i]) != 0)
		i++;
	if (i == sizeof(words) / sizeof(words[0]))
		return err_set(err, EINVAL, "'%s' is not one of delete-all, default, delete-pk", word);
	request->what = (enum rf_keys_reset)i;
	if (request->database && request->what == RF_KEYS_DELETE_PK)
		return err_set(err, EINVAL,
			       "delete-pk is of the platform key; --database does not go with it");
	return 0;
}

int bmc_secure_boot_reset(int argc, char **argv)
{
	struct bmc_options options = {0};
	struct keys_request request = {0};
	const char *operands[BMC_HOSTS_MAX + 2] = {0};
	const struct arg_option rows[] = {DATABASE_ROW(&request.database, false), BMC_ARGS(&options), {}};
	const struct arg_spec spec = {
		"remint bmc secure-boot reset WHAT HOST...",
		"WHAT is delete-all (no keys: setup mode), default (those of the factory) or delete-pk (the\n"
		"platform key alone: setup mode). All databases, or the one of --database.",
		rows, 2, BMC_HOSTS_MAX + 1};
	const struct bmc_action action = {.run = reset, .what = &request, .show = show_reset};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, operands);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (parse_reset(operands[0], &request, &err) < 0)
		return fail_with(&err);
	return bmc_on_all(&options, operands + 1, &action);
}

static int add(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err)
{
	const struct keys_request *request = what;

	return rf_secure_boot_add(bmc, request->database, request->pem, request->owner, ret, err);
}

static void show_add(const json_t *result)
{
	_cleanup_free_ char *what = str_printf("%s: %s (SHA-256 %s)", json_text(result, "database"),
					       json_text(result, "subject"), json_text(result, "sha256"));

	say(result, what, "added");
}

int bmc_secure_boot_add(int argc, char **argv)
{
	struct bmc_options options = {0};
	struct keys_request request = {0};
	const char *hosts[BMC_HOSTS_MAX + 1] = {0}, *file = NULL;
	const struct arg_option rows[] = {
		DATABASE_ROW(&request.database, true),
		{"certificate", ARG_TEXT, &file, "FILE", "PEM, one certificate", .needed = true},
		{"owner", ARG_TEXT, &request.owner, "GUID", "whose it is; else the BMC's choice"},
		BMC_ARGS(&options),
		{}};
	const struct arg_spec spec = {
		"remint bmc secure-boot add --database NAME --certificate FILE HOST...",
		"Puts a certificate into one of the firmware's key databases, by the BMC.", rows, 1,
		BMC_HOSTS_MAX};
	const struct bmc_action action = {.run = add, .what = &request, .show = show_add};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, hosts);
	int status;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (file_read(file, CERTIFICATE_MAX, &request.pem, NULL, &err) < 0)
		return fail_with(&err);
	status = bmc_on_all(&options, hosts, &action);
	free(request.pem);
	return status;
}

static int delete_key(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err)
{
	const struct keys_request *request = what;

	return rf_secure_boot_delete(bmc, request->database, request->key, ret, err);
}

static void show_delete(const json_t *result)
{
	_cleanup_free_ char *what =
		str_printf("%s: %s", json_text(result, "database"), json_text(result, "id"));

	say(result, what, "deleted");
}

int bmc_secure_boot_delete(int argc, char **argv)
{
	struct bmc_options options = {0};
	struct keys_request request = {0};
	const char *hosts[BMC_HOSTS_MAX + 1] = {0};
	const struct arg_option rows[] = {DATABASE_ROW(&request.database, true),
					  {"key", ARG_TEXT, &request.key, "KEY",
					   "its id or its SHA-256, as 'show' has them", .needed = true},
					  BMC_ARGS(&options),
					  {}};
	const struct arg_spec spec = {
		"remint bmc secure-boot delete --database NAME --key KEY HOST...",
		"Takes a certificate or a digest out of one of the firmware's key databases, by the "
		"BMC.",
		rows, 1, BMC_HOSTS_MAX};
	const struct bmc_action action = {.run = delete_key, .what = &request, .show = show_delete};
	enum arg_result parsed = args_parse(&spec, argc, argv, hosts);

	return parsed == ARG_GO ? bmc_on_all(&options, hosts, &action) : args_exit(parsed);
}
