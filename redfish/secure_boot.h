/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secure Boot as the BMC has it: the switch, and the firmware's key databases. DSP2046, SecureBoot, SecureBootDatabase, Certificate and
 * Signature. Every change is read again. What a BMC only hands to the firmware is there after the machine's next start: that is told.
 */
#ifndef REDFISH_SECURE_BOOT_H
#define REDFISH_SECURE_BOOT_H

#include "redfish/bmc.h"

/*
 * {"enable", "current_boot", "mode", "path", "databases": [{"id", "path", "certificates": [{"id", "path", "sha256", "subject", "issuer",
 * "owner", "why"}], "signatures": [{"id", "path", "type", "value", "owner"}]}], "problems": [...]}. sha256 is of the DER; a certificate that cannot be read
 * has null there, and the reason in "why". `database`: that one alone ("db"); NULL: all. -EOPNOTSUPP: the BMC does not show Secure Boot. A new object.
 */
int rf_secure_boot_get(struct rf_bmc *bmc, const char *database, json_t **ret, struct err *err) _must_check_;

/* {"enable", "current_boot", "mode", "in_force"}: the last is false until the machine has started with it. -RF_UNCHANGED: the BMC agreed, and did not. */
int rf_secure_boot_enable(struct rf_bmc *bmc, bool enable, json_t **ret, struct err *err) _must_check_;

enum rf_keys_reset { RF_KEYS_DELETE_ALL, RF_KEYS_DEFAULT, RF_KEYS_DELETE_PK };

/*
 * ResetKeys of all, or of one database (not RF_KEYS_DELETE_PK). {"type", "database", "seen", "mode", "keys"}: seen is whether the databases are so
 * already, keys how many are left in those that were meant, null where they cannot be listed. -EOPNOTSUPP: it does not offer that.
 */
int rf_secure_boot_reset(struct rf_bmc *bmc, const char *database, enum rf_keys_reset what, json_t **ret,
			 struct err *err) _must_check_;

/* A certificate, PEM, of `owner` (a GUID; NULL: the BMC's choice) into a database. {"database", "sha256", "subject", "seen"}. -EEXIST: it is there. */
int rf_secure_boot_add(struct rf_bmc *bmc, const char *database, const char *pem, const char *owner,
		       json_t **ret, struct err *err) _must_check_;

/* A certificate or signature out of a database, by its id or SHA-256. {"database", "id", "seen"}. -ENOENT; -EEXIST: several are called that. */
int rf_secure_boot_delete(struct rf_bmc *bmc, const char *database, const char *key, json_t **ret,
			  struct err *err) _must_check_;

#endif
