/* SPDX-License-Identifier: Apache-2.0 */
/* remint account add | list | remove. docs/protocol.md, "Authentication" */
#include <string.h>

#include "cli/client.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "core/io.h"
#include "protocol/node.h"

static int hand_out(const char *token, const char *to, struct err *err)
{
	_cleanup_free_ char *line = str_printf("%s\n", token);

	if (to)
		return file_write_atomic(to, line, strlen(line), 0600, err);
	return fputs(line, stdout) < 0 || fflush(stdout) ? err_sys(err, errno, "standard output") : 0;
}

/* An account whose token nobody has is worth nothing, and in the way of the next try. */
static void take_back(const struct client_options *client, const char *name, struct err *err)
{
	_cleanup_free_ char *target = str_printf("/v1/accounts/%s", name);
	struct err ignored;

	if (client_call(client, "DELETE", target, NULL, NULL, &ignored) < 0)
		err_prepend(err, "account %s was made and its token is lost: remove the account", name);
	else
		err_prepend(err, "account %s was not made", name);
}

static int account_add(int argc, char **argv)
{
	struct client_options client = {};
	const char *name = NULL, *role = NULL, *to = NULL;
	const struct arg_option options[] = {
		{"role", ARG_TEXT, &role, "ROLE", "viewer, operator or administrator", true},
		{"output", ARG_TEXT, &to, "FILE", "write the token there, mode 0600 (default: print it)"},
		CLIENT_ARGS(&client),
		{},
	};
	const struct arg_spec spec = {
		"remint account add NAME",
		"Makes an account. Its token is shown once: the station keeps a hash alone.", options, 1, 1};
	_cleanup_json_ json_t *body = NULL, *account = NULL;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &name);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	body = json_pack("{s:s, s:s}", "name", name, "role", role);
	if (client_call(&client, "POST", "/v1/accounts", body, &account, &err) < 0)
		return fail_with(&err);
	if (hand_out(json_text(account, "token"), to, &err) < 0) {
		take_back(&client, name, &err);
		return fail_with(&err);
	}
	return EXIT_SUCCESS;
}

static int account_list(int argc, char **argv)
{
	static const char *const headings[] = {"ACCOUNT", "ROLE", NULL};
	struct client_options client = {};
	bool json = false;
	const struct arg_option options[] = {
		{"json", ARG_FLAG, &json, "", "print as JSON"}, CLIENT_ARGS(&client), {}};
	const struct arg_spec spec = {"remint account list", "Lists the accounts.", options, 0, 0};
	_cleanup_json_ json_t *answer = NULL;
	struct table *table;
	struct err err;
	json_t *account;
	size_t i;
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (client_call(&client, "GET", "/v1/accounts", NULL, &answer, &err) < 0)
		return fail_with(&err);
	if (json) {
		print_json(answer);
		return EXIT_SUCCESS;
	}
	table = table_new(headings);
	json_array_foreach(json_object_get(answer, "accounts"), i, account)
		table_row(table, json_text(account, "name"), json_text(account, "role"));
	table_print(table);
	return EXIT_SUCCESS;
}

static int account_remove(int argc, char **argv)
{
	struct client_options client = {};
	const char *name = NULL;
	const struct arg_option options[] = {CLIENT_ARGS(&client), {}};
	const struct arg_spec spec = {"remint account remove NAME",
				      "Removes an account; its token ends at once.", options, 1, 1};
	_cleanup_free_ char *target = NULL;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &name);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (!name_valid(name))
		return fail_with((err_set(&err, EINVAL, "'%s' is not an account's name", name), &err));
	target = str_printf("/v1/accounts/%s", name);
	return client_call(&client, "DELETE", target, NULL, NULL, &err) < 0 ? fail_with(&err) : EXIT_SUCCESS;
}

int verb_account(int argc, char **argv)
{
	static const struct sub_command table[] = {
		{"add", "make an account and its token", account_add},
		{"list", "list the accounts", account_list},
		{"remove", "remove one", account_remove},
		{},
	};

	return run_sub_command("account", "Who may do what at the station.", table, argc, argv);
}
