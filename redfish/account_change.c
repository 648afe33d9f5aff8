/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts made, removed, enabled and disabled: each read again. */
#include <string.h>

#include "core/io.h"
#include "core/log.h"
#include "core/time.h"
#include "redfish/account_find.h"
#include "redfish/account_rotate.h"
#include "redfish/client.h"
#include "redfish/write.h"

#define NULL_USER "1" /* IPMI 2.0, 22.26: user 1 is nobody, and stays so; iDRAC refuses to change that slot */

/* Looks until the account is there, or is not, and is enabled as wanted; 1: it stays otherwise. *ret is to be cleared. */
static int await(struct rf_bmc *bmc, const char *user, bool there, bool enabled, struct rf_account *ret,
		 struct err *err)
{
	uint64_t end = monotonic_ns() / 1000000 + bmc->times.settle;

	for (;;) {
		int r;

		rf_account_clear(ret);
		r = rf_account_find(bmc, user, ret, err);
		if (r < 0 && r != -ENOENT)
			return r;
		if ((r == 0) == there && (!there || ret->enabled == enabled))
			return 0;
		if (monotonic_ns() / 1000000 >= end)
			return 1;
		r = rf_sleep(bmc->loop, bmc->times.poll, err);
		if (r < 0)
			return r;
	}
}

static int check_name(const char *user, struct err *err)
{
	size_t len = strlen(user);

	for (const char *p = user; *p; p++)
		if (*p <= 0x20 || *p > 0x7e || *p == ':') /* RFC 7617: basic has no ':' in a name */
			return err_set(err, EINVAL,
				       "a BMC's account must have a name in printable ASCII without blanks "
				       "and ':'");
	if (!len || len > RF_ACCOUNT_NAME_MAX)
		return err_set(err, EINVAL, "the name of an account must have 1 to %d characters",
			       RF_ACCOUNT_NAME_MAX);
	return 0;
}

/* Where accounts are slots: one that holds nobody. */
static int find_slot(struct rf_bmc *bmc, const char *at, char path[RF_PATH_MAX], struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members members = {0};
	int r = rf_accounts_members(bmc, at, &members, err);

	for (unsigned i = 0; i < members.n && r == 0; i++) {
		_cleanup_(rf_account_clear) struct rf_account account = {0};
		bool nobody;

		r = rf_account_read(bmc, members.paths[i], &account, err);
		nobody = !strcmp(account.id ? account.id : rf_last_part(account.path), NULL_USER);
		if (r == 0 && !account.user[0] && !nobody) {
			memcpy(path, account.path, RF_PATH_MAX);
			return 0;
		}
	}
	return r < 0 ? r : err_set(err, ENOSPC, "%s has no empty slot for an account", bmc->origin);
}

static int send_account(struct rf_bmc *bmc, const struct rf_account_wish *wish, const char *at,
			struct err *err)
{
	_cleanup_json_ json_t *body = json_pack("{s:s, s:s, s:s, s:b}", "UserName", wish->user, "Password",
						wish->password, "RoleId", wish->role, "Enabled", true);
	char slot[RF_PATH_MAX];
	long status = 0;
	int r;

	if (!body)
		return err_set(err, EINVAL, "name, password and role must be UTF-8");
	r = rf_post(bmc, at, body, &status, err);
	if (r == 0 || (status != 405 && status != 501))
		return r;
	log_debug("%s%s takes no POST (HTTP %ld): accounts are slots", bmc->origin, at, status);
	r = find_slot(bmc, at, slot, err);
	return r < 0 ? r : rf_patch(bmc, slot, body, NULL, err);
}

static int create(struct rf_bmc *bmc, const struct rf_account_wish *wish, struct rf_account *account,
		  struct err *err)
{
	struct rf_password_policy policy = {0};
	_cleanup_json_ json_t *service = NULL;
	enum rf_password which;
	char at[RF_PATH_MAX];
	int r = rf_account_find(bmc, wish->user, account, err);

	if (r == 0)
		return err_set(err, EEXIST, "there is an account %s already", wish->user);
	if (r == -ENOENT)
		r = rf_accounts_policy(bmc, &policy, err);
	if (r == 0)
		r = rf_password_check(wish->password, &policy, err);
	if (r == 0)
		r = rf_accounts_at(bmc, &service, at, err);
	if (r == 0)
		r = send_account(bmc, wish, at, err);
	if (r < 0)
		return r;
	r = await(bmc, wish->user, true, true, account, err);
	if (r > 0)
		r = err_set(err, RF_UNCHANGED, "the BMC agreed to make the account %s; it is not there%s",
			    wish->user, account->json ? ", or not enabled" : "");
	if (r < 0)
		return r;
	r = rf_account_settle(bmc, wish->user, NULL, wish->password, &which, err);
	return r < 0 ? err_prepend(err, "the account %s is there, but its password is not proven", wish->user)
		     : 0;
}

int rf_account_create(struct rf_bmc *bmc, const struct rf_account_wish *wish, json_t **ret, struct err *err)
{
	_cleanup_(rf_account_clear) struct rf_account account = {0};
	int r = check_name(wish->user, err);

	if (r == 0)
		r = create(bmc, wish, &account, err);
	if (r == 0)
		r = rf_account_describe(&account, ret, err);
	if (r < 0)
		rf_password_hide(err, wish->password);
	return r < 0 ? err_prepend(err, "%s", bmc->origin) : 0;
}

static int not_oneself(const struct rf_bmc *bmc, const char *user, struct err *err)
{
	if (strcmp(user, bmc->user) != 0)
		return 0;
	return err_set(err, EINVAL, "%s: %s is the account as which this is asked; take another", bmc->origin,
		       user);
}

int rf_account_delete(struct rf_bmc *bmc, const char *user, struct err *err)
{
	_cleanup_(rf_account_clear) struct rf_account account = {0};
	_cleanup_json_ json_t *nobody = json_pack("{s:s, s:b}", "UserName", "", "Enabled", false);
	long status = 0;
	int r = not_oneself(bmc, user, err);

	if (r == 0)
		r = rf_account_find(bmc, user, &account, err);
	if (r < 0)
		return r;
	r = rf_delete(bmc, account.path, &status, err);
	if (r < 0 && (status == 405 || status == 501))
		r = rf_patch(bmc, account.path, nobody, NULL, err);
	if (r == 0)
		r = await(bmc, user, false, false, &account, err);
	if (r > 0)
		r = err_set(err, RF_UNCHANGED, "the BMC agreed to remove the account %s; it is still there",
			    user);
	return r < 0 ? err_prepend(err, "%s", bmc->origin) : 0;
}

int rf_account_enable(struct rf_bmc *bmc, const char *user, bool enabled, json_t **ret, struct err *err)
{
	_cleanup_(rf_account_clear) struct rf_account account = {0};
	_cleanup_json_ json_t *body = json_pack("{s:b}", "Enabled", enabled);
	int r = enabled ? 0 : not_oneself(bmc, user, err);

	if (r == 0)
		r = rf_account_find(bmc, user, &account, err);
	if (r < 0)
		return r;
	r = rf_patch(bmc, account.path, body, NULL, err);
	if (r == 0)
		r = await(bmc, user, true, enabled, &account, err);
	if (r > 0)
		r = err_set(err, RF_UNCHANGED, "the BMC agreed to %s the account %s; it is not so",
			    enabled ? "enable" : "disable", user);
	if (r == 0)
		r = rf_account_describe(&account, ret, err);
	return r < 0 ? err_prepend(err, "%s", bmc->origin) : 0;
}
