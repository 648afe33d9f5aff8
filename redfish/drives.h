/* SPDX-License-Identifier: Apache-2.0 */
/* Drives that a BMC knows of, and their erasure by it. */
#ifndef REDFISH_DRIVES_H
#define REDFISH_DRIVES_H

#include "redfish/bmc.h"

#define RF_SECURE_ERASE "#Drive.SecureErase"
#define RF_SANITIZATION "SanitizationType"

/*
 * {"drives": [{"id", "name", "manufacturer", "model", "serial", "firmware", "bytes", "media", "protocol", "block_bytes", "encryption",
 * "encryption_status", "failure_predicted", "life_left_percent", "health", "path", "secure_erase", "sanitization_types"}], "problems": [...]},
 * of all Storage of the System; null where the BMC does not say. A new object.
 */
int rf_drives_list(struct rf_bmc *bmc, json_t **ret, struct err *err) _must_check_;

struct rf_erase_want {
	const char *serial;                        /* of the one drive */
	const char *type;                          /* SanitizationType; NULL: the BMC's choice */
	void (*progress)(void *data, int percent); /* as in struct rf_task_watch */
	void *data;
};

/*
 * Drive.SecureErase, followed to its end. What comes of it is the BMC's word: nothing is read back. {"serial", "path", "model", "type",
 * "asserted": true}, a new object. -ENOENT: no drive has that serial; -EEXIST: several have; -EOPNOTSUPP: the BMC does not erase it;
 * -EIO: it failed.
 */
int rf_drive_erase(struct rf_bmc *bmc, const struct rf_erase_want *want, json_t **ret,
		   struct err *err) _must_check_;

#endif
