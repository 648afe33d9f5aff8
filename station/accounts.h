/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts of operators. */
#ifndef STATION_ACCOUNTS_H
#define STATION_ACCOUNTS_H

#include "station/auth.h"

/* Within a transaction. -EEXIST: there is one of this name. */
int account_add(struct store *store, const char *name, enum role role, char token[TOKEN_SIZE],
		struct err *err) _must_check_;

#endif
