/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts as they are read: what the files of accounts share. */
#ifndef REDFISH_ACCOUNT_FIND_H
#define REDFISH_ACCOUNT_FIND_H

#include "redfish/accounts.h"
#include "redfish/collection.h"

struct rf_account {
	char path[RF_PATH_MAX];
	json_t *json;
	const char *id, *user; /* borrowed from json; user "": an empty slot */
	bool enabled, locked;  /* true, and false, where the BMC does not say */
};
void rf_account_clear(struct rf_account *account);

/* *ret is to be cleared in each case. */
int rf_account_read(struct rf_bmc *bmc, const char *path, struct rf_account *ret,
		    struct err *err) _must_check_;
/* By its name. -ENOENT. *ret is to be cleared in each case. */
int rf_account_find(struct rf_bmc *bmc, const char *user, struct rf_account *ret,
		    struct err *err) _must_check_;
/* As rf_accounts_list() shows it; a new object. */
int rf_account_describe(const struct rf_account *account, json_t **ret, struct err *err) _must_check_;

/* The service, and the collection of accounts ("path" of which `ret_at` takes RF_PATH_MAX bytes). -EOPNOTSUPP: there is none. */
int rf_accounts_at(struct rf_bmc *bmc, json_t **ret_service, char *ret_at, struct err *err) _must_check_;
int rf_accounts_members(struct rf_bmc *bmc, const char *at, struct rf_members *ret,
			struct err *err) _must_check_;

#endif
