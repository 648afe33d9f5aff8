/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts of operators. */
#include <stdio.h>
#include <string.h>

#include "core/time.h"
#include "protocol/node.h"
#include "station/accounts.h"
#include "station/calls.h"
#include "station/store.h"

int account_add(struct store *store, const char *name, enum role role, char token[TOKEN_SIZE],
		struct err *err)
{
	char hash[SHA256_HEX_SIZE];
	int r;

	token_make(token, hash);
	r = store_exec(store, err,
		       "INSERT INTO accounts (name, role, token, created) VALUES (?1, ?2, ?3, ?4)", "sssi",
		       name, role_name(role), hash, (int64_t)time(NULL));
	if (r == -EEXIST)
		return err_set(err, EEXIST, "there is an account %s already", name);
	return r < 0 ? r : 0;
}

int call_whoami(struct request *req, struct err *err)
{
	return reply_json(
		req, 200,
		json_pack("{s:s, s:s}", "account", req->caller.name, "role", role_name(req->caller.role)),
		err);
}

int call_accounts(struct request *req, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	_cleanup_json_ json_t *accounts = json_array();
	int r = store_query(req->station->store, &rows, err,
			    "SELECT name, role, created FROM accounts ORDER BY name", "");

	if (r < 0)
		return r;
	while ((r = rows_next(&rows, err)) > 0) {
		char when[TIME_TEXT_SIZE];

		time_format(rows_int(&rows, 2), when);
		json_array_append_new(accounts, json_pack("{s:s, s:s, s:s}", "name", rows_text(&rows, 0),
							  "role", rows_text(&rows, 1), "created", when));
	}
	if (r < 0)
		return r;
	return reply_json(req, 200, json_pack("{s:O}", "accounts", accounts), err);
}

int call_account_add(struct request *req, struct err *err)
{
	static const char *const keys[] = {"name", "role", NULL};
	_cleanup_json_ json_t *json = NULL;
	const char *name = NULL, *role_text = NULL;
	char token[TOKEN_SIZE];
	enum role role = ROLE_VIEWER;
	int r = request_json(req, "account", keys, &json, err);

	if (r == 0)
		r = json_get_str(json, "account", "name", 63, &name, err);
	if (r == 0)
		r = json_get_str(json, "account", "role", 32, &role_text, err);
	if (r < 0)
		return r;
	if (!name_valid(name))
		return err_set(err, EINVAL, "account: name: lower-case letters, digits, '.' and '-' alone");
	if (role_from_name(role_text, &role) < 0)
		return err_set(err, EINVAL, "account: role: viewer, operator or administrator");
	snprintf(req->object, sizeof(req->object), "%s (%s)", name, role_name(role));
	r = account_add(req->station->store, name, role, token, err);
	if (r < 0)
		return r;
	return reply_json(req, 201,
			  json_pack("{s:s, s:s, s:s}", "name", name, "role", role_name(role), "token", token),
			  err);
}

int call_account_delete(struct request *req, struct err *err)
{
	struct store *store = req->station->store;
	int64_t others = 0;
	int r = store_exec(store, err, "DELETE FROM accounts WHERE name = ?1", "s", req->param[0]);

	if (r == 0)
		return err_set(err, ENOENT, "there is no account %s", req->param[0]);
	if (r > 0)
		r = store_int(store, err, 0, &others,
			      "SELECT count(*) FROM accounts WHERE role = 'administrator'", "");
	if (r < 0)
		return r;
	if (others == 0)
		return err_set(err, ESTALE, "%s is the only administrator", req->param[0]);
	return reply_empty(req, 204, err);
}
