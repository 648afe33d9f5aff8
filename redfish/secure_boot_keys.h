/* SPDX-License-Identifier: Apache-2.0 */
/* What is in the key databases of Secure Boot. */
#ifndef REDFISH_SECURE_BOOT_KEYS_H
#define REDFISH_SECURE_BOOT_KEYS_H

#include "redfish/inspect_part.h"

/* Secure Boot of the machine, found. */
struct rf_secure_boot {
	struct rf_bmc *bmc;
	char path[RF_PATH_MAX];
	json_t *json; /* as it was read last */
};
void rf_secure_boot_clear(struct rf_secure_boot *sb);

/* -EOPNOTSUPP: the BMC does not show it. *ret is to be cleared in each case. */
int rf_secure_boot_find(struct rf_bmc *bmc, struct rf_secure_boot *ret, struct err *err) _must_check_;
int rf_secure_boot_read(struct rf_secure_boot *sb, struct err *err) _must_check_;

/* The path of a database by its id; -ENOENT lists those that there are. */
int rf_keys_database(const struct rf_secure_boot *sb, const char *id, char path[RF_PATH_MAX],
		     struct err *err) _must_check_;

/* One database, as rf_secure_boot_get() shows it, into `list`. What cannot be read is noted. */
int rf_keys_list(struct rf_inspection *i, const char *path, json_t *list, struct err *err) _must_check_;

/* One database by itself; an entry that cannot be read is an error. A new object. */
int rf_keys_read(struct rf_bmc *bmc, const char *path, json_t **ret, struct err *err) _must_check_;

/* SHA-256 of the first certificate of PEM, subject and issuer into an object. ret_n, unless NULL: how many there are. */
int rf_keys_describe(const char *pem, json_t *into, unsigned *ret_n, struct err *err) _must_check_;

#endif
