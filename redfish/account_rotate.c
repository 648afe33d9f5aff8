/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/account_rotate.h"

#include <string.h>

#include "core/secret.h"
#include "redfish/account_find.h"
#include "redfish/client.h"
#include "redfish/login.h"
#include "redfish/write.h"

/* 0: the candidate works; 1: the old one does. */
static int find_out(struct rf_bmc *bmc, const char *user, const char *old, const char *candidate,
		    struct err *err)
{
	int r = rf_login_try(bmc, user, candidate, err);

	if (r <= 0)
		return r;
	if (old && rf_login_try(bmc, user, old, err) != 0)
		return -err->code;
	r = rf_sleep(bmc->loop, bmc->times.settle, err);
	if (r < 0)
		return r;
	r = rf_login_try(bmc, user, candidate, err);
	return r > 0 && !old ? -err->code : r;
}

int rf_account_settle(struct rf_bmc *bmc, const char *user, const char *old, const char *candidate,
		      enum rf_password *ret, struct err *err)
{
	int r;

	if (!old && !strcmp(user, bmc->user))
		old = bmc->password;
	if (old && !strcmp(old, candidate))
		old = NULL;
	r = find_out(bmc, user, old, candidate, err);
	if (r < 0) {
		rf_password_hide(err, candidate);
		rf_password_hide(err, old);
		return err_prepend(err, "%s: %s as %s", bmc->origin,
				   old ? "neither password is proven; log in" : "log in", user);
	}
	*ret = r > 0 ? RF_PASSWORD_OLD : RF_PASSWORD_CANDIDATE;
	return 0;
}

/* The password is sent. A refusal is certain: nothing was changed. */
static int send_password(struct rf_bmc *bmc, const struct rf_rotation *rotation, const char *path,
			 bool *ret_refused, struct err *err)
{
	_cleanup_json_ json_t *body = json_pack("{s:s}", "Password", rotation->candidate);
	long status = 0;
	int r = rf_patch(bmc, path, body, &status, err);

	/* 401: the session may have ended by the very change */
	*ret_refused = r < 0 && status >= 400 && status < 500 && status != 401 && status != 408;
	if (r < 0)
		rf_password_hide(err, rotation->candidate);
	return r;
}

/* Before anything is sent: could the new one be proven at all? */
static int check(struct rf_bmc *bmc, const struct rf_rotation *rotation, const char *old,
		 struct rf_account *account, struct err *err)
{
	struct rf_password_policy policy = {0};
	int r = rf_accounts_policy(bmc, &policy, err);

	if (r == 0)
		r = rf_password_check(rotation->candidate, &policy, err);
	if (r == 0 && old && !strcmp(old, rotation->candidate))
		r = err_set(err, EINVAL, "the new password is the old one");
	if (r == 0)
		r = rf_account_find(bmc, rotation->user, account, err);
	if (r == 0 && (!account->enabled || account->locked))
		r = err_set(err, EINVAL,
			    "the account %s is %s, so a new password could not be proven; nothing is sent",
			    rotation->user, account->enabled ? "locked" : "disabled");
	return r;
}

/* The old one works: `err` says why the new one does not. */
static int stays(const struct rf_rotation *rotation, struct err *err)
{
	struct err kept;

	err_prepend(err, "the old password of %s stays", rotation->user);
	if (rotation->settled(RF_PASSWORD_OLD, rotation->data, &kept) < 0)
		return err_prepend(err, "%s; and", kept.text);
	return -err->code;
}

static int set_and_prove(struct rf_bmc *bmc, const struct rf_rotation *rotation, const char *old,
			 const char *path, struct err *err)
{
	enum rf_password which = RF_PASSWORD_OLD;
	bool refused;
	struct err unknown;
	int r = send_password(bmc, rotation, path, &refused, err), sent = r;

	if (refused)
		return stays(rotation, err);
	r = rf_account_settle(bmc, rotation->user, old, rotation->candidate, &which, &unknown);
	if (r < 0 && sent == 0)
		*err = unknown;
	if (r < 0) {
		err_prepend(err, "it is not certain which password of %s is good; keep both", rotation->user);
		return r;
	}
	if (which == RF_PASSWORD_CANDIDATE)
		return 0;
	if (sent == 0)
		err_set(err, RF_UNCHANGED, "the BMC agreed to a new password; it takes the old one");
	return stays(rotation, err);
}

int rf_account_rotate(struct rf_bmc *bmc, const struct rf_rotation *rotation, struct err *err)
{
	_cleanup_(rf_account_clear) struct rf_account account = {0};
	const bool own = !strcmp(rotation->user, bmc->user);
	const char *old = rotation->old || !own ? rotation->old : bmc->password;
	int r = check(bmc, rotation, old, &account, err);

	if (r == 0)
		r = rotation->keep(rotation->data, err);
	if (r == 0)
		r = set_and_prove(bmc, rotation, old, account.path, err);
	if (r < 0) {
		rf_password_hide(err, rotation->candidate);
		return err_prepend(err, "%s", bmc->origin);
	}
	if (own) { /* its session may have ended; a login anew is by the new one */
		secret_free(bmc->password);
		bmc->password = secret_dup(rotation->candidate);
	}
	r = rotation->settled(RF_PASSWORD_CANDIDATE, rotation->data, err);
	return r < 0 ? err_prepend(err, "%s: the new password of %s is set and good", bmc->origin,
				   rotation->user)
		     : 0;
}
