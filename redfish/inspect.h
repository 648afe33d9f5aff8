/* SPDX-License-Identifier: Apache-2.0 */
/* What a BMC knows of its machine, in one document. */
#ifndef REDFISH_INSPECT_H
#define REDFISH_INSPECT_H

#include "redfish/bmc.h"

/*
 * {"service", "system", "boot", "secure_boot", "chassis", "managers", "nics", "drives", "firmware", "problems"}; docs/redfish.md has the fields.
 * What a BMC does not say is null. A part that cannot be read stands in "problems" with the reason, and is null or left out;
 * without the service root or the System there is no document. A new object.
 */
int rf_inspect(struct rf_bmc *bmc, json_t **ret, struct err *err) _must_check_;

#endif
