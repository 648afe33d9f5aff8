/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords of a BMC's accounts: made, checked before they are sent, and kept out of messages. */
#ifndef REDFISH_PASSWORD_H
#define REDFISH_PASSWORD_H

#include "core/err.h"

#define RF_PASSWORD_MAX 128 /* bytes; none is sent that is longer */

/* What a BMC says of passwords (AccountService); 0: it does not say. */
struct rf_password_policy {
	unsigned min_length, max_length; /* characters */
	unsigned lockout;                /* wrong ones after which an account is locked */
};

/*
 * Random: printable ASCII of four kinds (BMCs ask for three or four), 20 characters where the policy has room for them (IPMI 2.0, 22.30: no
 * more fit), a letter first. At least 12, or -EOPNOTSUPP. *ret is a secret (core/secret.h).
 */
int rf_password_make(const struct rf_password_policy *policy, char **ret, struct err *err) _must_check_;

/* Printable ASCII without blanks, as long as the policy wants it; -EINVAL says what is wrong, without the password. */
int rf_password_check(const char *password, const struct rf_password_policy *policy,
		      struct err *err) _must_check_;

/* Puts "***" for the password in a message: some BMCs repeat what they refuse. A beginning of it at the end of the text goes too. */
void rf_password_hide(struct err *err, const char *password);

#endif
