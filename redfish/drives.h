/* SPDX-License-Identifier: Apache-2.0 */
/* Drives that a BMC knows of. */
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

#endif
