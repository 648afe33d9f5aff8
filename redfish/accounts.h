/* SPDX-License-Identifier: Apache-2.0 */
/* The BMC's own accounts. DSP2046, AccountService and ManagerAccount. */
#ifndef REDFISH_ACCOUNTS_H
#define REDFISH_ACCOUNTS_H

#include <stdbool.h>

#include "redfish/bmc.h"
#include "redfish/password.h"

#define RF_ACCOUNTS_MAX     256 /* that are looked at */
#define RF_ACCOUNT_NAME_MAX 64  /* bytes of a name that is asked for */

/*
 * {"accounts": [{"id", "path", "user", "role", "enabled", "locked"}], "min_length", "max_length", "lockout"}; docs/redfish.md. Null where the
 * BMC does not say. Slots that hold no account are left out. An account that cannot be read is an error: the others are not all. A new object.
 */
int rf_accounts_list(struct rf_bmc *bmc, json_t **ret, struct err *err) _must_check_;

int rf_accounts_policy(struct rf_bmc *bmc, struct rf_password_policy *ret, struct err *err) _must_check_;

struct rf_account_wish {
	const char *user, *password;
	const char *role; /* RoleId: "Administrator", "Operator", "ReadOnly", or one of the BMC's own */
};

/*
 * By POST, or where accounts are fixed slots (iDRAC) by PATCH of an empty one. Read again, and the password is proven by a login. -EEXIST; a
 * refusal is in the BMC's words, without the password. *ret: the account as above.
 */
int rf_account_create(struct rf_bmc *bmc, const struct rf_account_wish *wish, json_t **ret,
		      struct err *err) _must_check_;

/* By DELETE, or by emptying its slot. -ENOENT; -EINVAL for the account as which this speaks. */
int rf_account_delete(struct rf_bmc *bmc, const char *user, struct err *err) _must_check_;

/* Not the account as which this speaks, to disable it. *ret: the account as above. */
int rf_account_enable(struct rf_bmc *bmc, const char *user, bool enabled, json_t **ret,
		      struct err *err) _must_check_;

#endif
