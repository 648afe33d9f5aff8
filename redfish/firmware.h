/* SPDX-License-Identifier: Apache-2.0 */
/* Firmware that a BMC knows of: which versions there are. */
#ifndef REDFISH_FIRMWARE_H
#define REDFISH_FIRMWARE_H

#include "redfish/bmc.h"

/*
 * {"firmware": [{"id", "name", "version", "software_id", "manufacturer", "updateable", "state", "path", "related"}], "problems": [{"part",
 * "reason"}]}: by id, null where the BMC does not say, "related" the paths of the devices that it is for. Entries that cannot be read
 * stand in "problems". A BMC without an update service has none. A new object.
 */
int rf_firmware_list(struct rf_bmc *bmc, json_t **ret, struct err *err) _must_check_;

#endif
