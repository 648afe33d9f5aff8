/* SPDX-License-Identifier: Apache-2.0 */
/* remint bmc accounts */
#include <string.h>

#include "cli/bmc/accounts.h"
#include "cli/bmc/new_password.h"
#include "cli/client.h"
#include "cli/table.h"
#include "core/secret.h"
#include "redfish/accounts.h"

static int enable(struct rf_bmc *bmc, const struct accounts_request *request, json_t **ret, struct err *err)
{
	json_t *account = NULL;
	int r = rf_account_enable(bmc, request->user, request->what == ACCOUNTS_ENABLE, &account, err);

	if (r == 0)
		*ret = json_pack("{s:o}", "account", account);
	return r;
}

static int accounts(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err)
{
	const struct accounts_request *request = what;
	int r;

	switch (request->what) {
	case ACCOUNTS_LIST:
		return rf_accounts_list(bmc, ret, err);
	case ACCOUNTS_ADD:
		return bmc_accounts_add(bmc, request, ret, err);
	case ACCOUNTS_REMOVE:
		r = rf_account_delete(bmc, request->user, err);
		if (r == 0)
			*ret = json_pack("{s:s}", "removed", request->user);
		return r;
	case ACCOUNTS_ENABLE:
	case ACCOUNTS_DISABLE:
		return enable(bmc, request, ret, err);
	case ACCOUNTS_ROTATE:
		return bmc_accounts_rotate(bmc, request, ret, err);
	case ACCOUNTS_SETTLE:
		return bmc_accounts_settle(bmc, request, ret, err);
	}
	return err_set(err, EINVAL, "no such action");
}

static const char *yes_or_no(const json_t *account, const char *key)
{
	const json_t *value = json_object_get(account, key);

	return json_is_boolean(value) ? json_is_true(value) ? "yes" : "no" : "-";
}

static void show_list(const json_t *list)
{
	static const char *const headings[] = {"ID", "USER", "ROLE", "ENABLED", "LOCKED", NULL};
	struct table *table = table_new(headings);
	const json_t *account;
	size_t i;

	json_array_foreach((json_t *)list, i, account)
		table_row(table, json_text(account, "id"), json_text(account, "user"),
			  json_text(account, "role"), yes_or_no(account, "enabled"),
			  yes_or_no(account, "locked"));
	table_print(table);
}

static void show_accounts(const json_t *result)
{
	_cleanup_json_ json_t *one = NULL;
	json_t *account = json_object_get(result, "account");

	if (account)
		one = json_pack("[O]", account);
	if (one || json_object_get(result, "accounts"))
		show_list(one ? one : json_object_get(result, "accounts"));
	if (json_object_get(result, "removed"))
		printf("removed: %s\n", json_text(result, "removed"));
	if (json_object_get(result, "works"))
		printf("%s: the %s password works\n", json_text(result, "user"), json_text(result, "works"));
	if (json_object_get(result, "file"))
		printf("new password: %s%s\n", json_text(result, "file"),
		       json_is_true(json_object_get(result, "made")) ? " (made here)" : "");
}

static int parse_what(const char *word, enum accounts_what *ret, struct err *err)
{
	static const char *const words[] = {
		[ACCOUNTS_LIST] = "list",     [ACCOUNTS_ADD] = "add",         [ACCOUNTS_REMOVE] = "remove",
		[ACCOUNTS_ENABLE] = "enable", [ACCOUNTS_DISABLE] = "disable", [ACCOUNTS_ROTATE] = "rotate",
		[ACCOUNTS_SETTLE] = "settle",
	};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(word, words[i])) {
			*ret = (enum accounts_what)i;
			return 0;
		}
	return err_set(err, EINVAL, "'%s' is not one of list, add, remove, enable, disable, rotate, settle",
		       word);
}

static bool takes_password(const struct accounts_request *request)
{
	return request->what == ACCOUNTS_ADD || request->what == ACCOUNTS_ROTATE ||
	       request->what == ACCOUNTS_SETTLE;
}

/* `hosts` is what is left of the operands. */
static int check(const struct accounts_request *request, const char *const *hosts, struct err *err)
{
	if (request->what != ACCOUNTS_LIST && !request->user)
		return err_set(err, EINVAL, "which account? name the user before the first HOST");
	if (!hosts[0])
		return err_set(err, EINVAL, "name a HOST");
	if (takes_password(request) != (request->file != NULL))
		return err_set(err, EINVAL,
			       "--new says where the new password is kept; add, rotate and settle need it, "
			       "and nothing else takes it");
	if ((request->what == ACCOUNTS_ADD) != (request->role != NULL))
		return err_set(err, EINVAL, "--role is needed to add an account, and for that alone");
	return 0;
}

static int read_password(struct accounts_request *request, const char *const *hosts, struct err *err)
{
	int r = request->file ? bmc_new_password_read(request->file, request->user, &request->password, err)
			      : 0;

	if (r < 0 || !request->file || request->password)
		return r;
	if (request->what == ACCOUNTS_SETTLE)
		return err_set(err, ENOENT, "there is no %s, and so no new password to try", request->file);
	if (hosts[1])
		return err_set(err, EINVAL,
			       "a password is made for one HOST at a time: there is no %s with one for all",
			       request->file);
	return 0;
}

int bmc_accounts(int argc, char **argv)
{
	struct bmc_options options = {0};
	struct accounts_request request = {0};
	const char *operands[BMC_HOSTS_MAX + 3] = {0}, **hosts = operands + 2;
	const struct arg_option rows[] = {
		{"new", ARG_TEXT, &request.file, "FILE",
		 "user and new password, a line each, mode 0600; one that is not there is made, before the "
		 "password is sent"},
		{"role", ARG_TEXT, &request.role, "ROLE",
		 "of a new account: Administrator, Operator, ReadOnly"},
		BMC_ARGS(&options),
		{}};
	const struct arg_spec spec = {
		"remint bmc accounts WHAT [USER] HOST...",
		"WHAT is list, or with a USER: add, remove, enable, disable, rotate (a new password, proven "
		"by a\n"
		"login before it counts) or settle (after a rotation that was interrupted: which one works).",
		rows, 2, BMC_HOSTS_MAX + 2};
	struct bmc_action action = {.run = accounts, .what = &request, .show = show_accounts};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, operands);
	int status;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (parse_what(operands[0], &request.what, &err) < 0)
		return fail_with(&err);
	if (request.what == ACCOUNTS_LIST)
		hosts = operands + 1;
	else
		request.user = operands[1];
	secret_process();
	if (check(&request, hosts, &err) < 0 || read_password(&request, hosts, &err) < 0)
		return fail_with(&err);
	action.anonymous = request.what == ACCOUNTS_SETTLE;
	status = bmc_on_all(&options, hosts, &action);
	secret_free(request.password);
	return status;
}
