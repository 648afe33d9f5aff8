/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new password for an account, such that a crash at any moment leaves one that works: the new one is kept before it is sent, and proven by a
 * login of its own before the old one is forgotten.
 */
#ifndef REDFISH_ACCOUNT_ROTATE_H
#define REDFISH_ACCOUNT_ROTATE_H

#include "redfish/bmc.h"

enum rf_password { RF_PASSWORD_OLD, RF_PASSWORD_CANDIDATE };

struct rf_rotation {
	const char *user;      /* whose; the account as which this speaks, or another */
	const char *old;       /* its password until now; NULL: not known, or that of the BMC's own user */
	const char *candidate; /* as rf_password_check() wants it */
	/* Before anything is sent. When it returns 0 the candidate is where a crash cannot take it; an error ends the rotation, and nothing was
	 * sent. */
	int (*keep)(void *data, struct err *err);
	/* It is certain which one works: the other may be forgotten. Not called where it is not certain; then rf_account_settle() is for later. */
	int (*settled)(enum rf_password which, void *data, struct err *err);
	void *data;
};

/*
 * 0: the candidate is set and proven; the BMC's own user speaks by it from then on. A refusal is in the BMC's words. -RF_UNCHANGED: it agreed, and
 * takes the old one still.
 */
int rf_account_rotate(struct rf_bmc *bmc, const struct rf_rotation *rotation, struct err *err) _must_check_;

/*
 * Which one works, found out by logins, for instance after a crash; the BMC need not be logged in to. Since BMCs lock accounts: never more than
 * two refusals in a row. The candidate first; where the old one is taken, the candidate once more after times.settle, for a write that is under
 * way may still come true. old NULL: that of the BMC's own user, else only whether the candidate works. -EACCES or -EPERM: neither does.
 */
int rf_account_settle(struct rf_bmc *bmc, const char *user, const char *old, const char *candidate,
		      enum rf_password *ret, struct err *err) _must_check_;

#endif
