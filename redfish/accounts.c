/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/accounts.h"

#include <string.h>

#include "core/io.h"
#include "redfish/account_find.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/value.h"

void rf_account_clear(struct rf_account *account)
{
	json_decref(account->json);
	*account = (struct rf_account){0};
}

int rf_account_read(struct rf_bmc *bmc, const char *path, struct rf_account *ret, struct err *err)
{
	int r;

	*ret = (struct rf_account){.enabled = true};
	snprintf(ret->path, sizeof(ret->path), "%s", path);
	r = rf_get(bmc, path, &ret->json, NULL, err);
	if (r == 0)
		r = rf_str(ret->json, path, "Id", &ret->id, err);
	if (r == 0)
		r = rf_str(ret->json, path, "UserName", &ret->user, err);
	if (r == 0)
		r = rf_bool(ret->json, path, "Enabled", &ret->enabled, err);
	if (r == 0)
		r = rf_bool(ret->json, path, "Locked", &ret->locked, err);
	if (!ret->user)
		ret->user = "";
	return r;
}

int rf_account_describe(const struct rf_account *account, json_t **ret, struct err *err)
{
	static const struct rf_field fields[] = {{"Id", "id"},
						 {"UserName", "user"},
						 {"RoleId", "role"},
						 {"Enabled", "enabled", RF_FLAG},
						 {"Locked", "locked", RF_FLAG},
						 {}};
	_cleanup_json_ json_t *made = json_pack("{s:s}", "path", account->path);
	int r = rf_copy(account->json, account->path, fields, made, err);

	if (r == 0)
		*ret = TAKE_PTR(made);
	return r;
}

int rf_accounts_at(struct rf_bmc *bmc, json_t **ret_service, char *ret_at, struct err *err)
{
	_cleanup_json_ json_t *service = NULL;
	char path[RF_PATH_MAX];
	int r = rf_ref_at(bmc->root, "service root", "AccountService/@odata.id", bmc->origin, path, err);

	ret_at[0] = '\0';
	if (r == 0 && path[0])
		r = rf_get(bmc, path, &service, NULL, err);
	if (r == 0 && service)
		r = rf_ref_at(service, path, "Accounts/@odata.id", bmc->origin, ret_at, err);
	if (r < 0)
		return r;
	if (!service || !ret_at[0])
		return err_set(err, EOPNOTSUPP, "%s does not show its accounts", bmc->origin);
	*ret_service = TAKE_PTR(service);
	return 0;
}

int rf_accounts_members(struct rf_bmc *bmc, const char *at, struct rf_members *ret, struct err *err)
{
	int r = rf_members(bmc, at, ret, err);

	if (r == 0 && ret->n > RF_ACCOUNTS_MAX)
		r = err_set(err, EFBIG, "%s%s has %u accounts", bmc->origin, at, ret->n);
	return r;
}

int rf_account_find(struct rf_bmc *bmc, const char *user, struct rf_account *ret, struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members members = {0};
	_cleanup_json_ json_t *service = NULL;
	_cleanup_free_ char *shown = rf_plain(user);
	char at[RF_PATH_MAX];
	int r;

	*ret = (struct rf_account){0};
	r = rf_accounts_at(bmc, &service, at, err);
	if (r == 0)
		r = rf_accounts_members(bmc, at, &members, err);
	for (unsigned i = 0; i < members.n && r == 0; i++) {
		rf_account_clear(ret);
		r = rf_account_read(bmc, members.paths[i], ret, err);
		if (r == 0 && !strcmp(ret->user, user))
			return 0;
	}
	return r < 0 ? r : err_set(err, ENOENT, "%s has no account %s", bmc->origin, shown);
}

/* A number that a policy may have; what makes no sense counts as not said. */
static int take_number(const json_t *service, const char *name, unsigned *ret, struct err *err)
{
	json_int_t value = 0;
	int r = rf_int(service, "AccountService", name, &value, err);

	if (r == 0)
		*ret = value > 0 && value <= 100000 ? (unsigned)value : 0;
	return r;
}

static int read_policy(const json_t *service, struct rf_password_policy *ret, struct err *err)
{
	int r = take_number(service, "MinPasswordLength", &ret->min_length, err);

	if (r == 0)
		r = take_number(service, "MaxPasswordLength", &ret->max_length, err);
	return r < 0 ? r : take_number(service, "AccountLockoutThreshold", &ret->lockout, err);
}

int rf_accounts_policy(struct rf_bmc *bmc, struct rf_password_policy *ret, struct err *err)
{
	_cleanup_json_ json_t *service = NULL;
	struct rf_password_policy policy = {0};
	char at[RF_PATH_MAX];
	int r = rf_accounts_at(bmc, &service, at, err);

	if (r == 0)
		r = read_policy(service, &policy, err);
	if (r == 0)
		*ret = policy;
	return r;
}

/* One account onto the list. A slot without a name is none, unless it is enabled: then anybody is somebody. */
static int list_one(struct rf_bmc *bmc, const char *path, json_t *list, struct err *err)
{
	_cleanup_(rf_account_clear) struct rf_account account = {0};
	json_t *made = NULL;
	int r = rf_account_read(bmc, path, &account, err);

	if (r < 0 || (!account.user[0] && !json_is_true(json_object_get(account.json, "Enabled"))))
		return r;
	r = rf_account_describe(&account, &made, err);
	if (r == 0)
		json_array_append_new(list, made);
	return r;
}

static json_t *number_or_null(unsigned n)
{
	return n ? json_integer(n) : json_null();
}

int rf_accounts_list(struct rf_bmc *bmc, json_t **ret, struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members members = {0};
	_cleanup_json_ json_t *service = NULL, *list = json_array();
	struct rf_password_policy policy = {0};
	char at[RF_PATH_MAX];
	int r = rf_accounts_at(bmc, &service, at, err);

	if (r == 0)
		r = read_policy(service, &policy, err);
	if (r == 0)
		r = rf_accounts_members(bmc, at, &members, err);
	for (unsigned i = 0; i < members.n && r == 0; i++)
		r = list_one(bmc, members.paths[i], list, err);
	if (r == 0)
		*ret = json_pack("{s:O, s:o, s:o, s:o}", "accounts", list, "min_length",
				 number_or_null(policy.min_length), "max_length",
				 number_or_null(policy.max_length), "lockout",
				 number_or_null(policy.lockout));
	return r < 0 ? err_prepend(err, "accounts") : 0;
}
