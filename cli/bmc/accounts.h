/* SPDX-License-Identifier: Apache-2.0 */
/* What `remint bmc accounts` is asked for, and the actions that have to do with a new password. */
#ifndef CLI_BMC_ACCOUNTS_H
#define CLI_BMC_ACCOUNTS_H

#include "cli/bmc/bmc.h"

enum accounts_what {
	ACCOUNTS_LIST,
	ACCOUNTS_ADD,
	ACCOUNTS_REMOVE,
	ACCOUNTS_ENABLE,
	ACCOUNTS_DISABLE,
	ACCOUNTS_ROTATE,
	ACCOUNTS_SETTLE,
};

struct accounts_request {
	enum accounts_what what;
	const char *user, *role, *file;
	char *password; /* of the file, a secret; NULL: it is made */
};

/* Each gives what is printed: docs/man/remint-bmc.1. */
int bmc_accounts_add(struct rf_bmc *bmc, const struct accounts_request *request, json_t **ret,
		     struct err *err) _must_check_;
int bmc_accounts_rotate(struct rf_bmc *bmc, const struct accounts_request *request, json_t **ret,
			struct err *err) _must_check_;
int bmc_accounts_settle(struct rf_bmc *bmc, const struct accounts_request *request, json_t **ret,
			struct err *err) _must_check_;

#endif
