/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware of a machine, wherever its BMC tells of it. */
#ifndef REDFISH_COMPONENTS_H
#define REDFISH_COMPONENTS_H

#include "redfish/bmc.h"

/*
 * {"components": [{"kind", "id", "name", "version"}], "problems": [{"part", "reason"}]}; null where the BMC does not say. Kinds: "bios" and "bmc",
 * "drive" (id: its serial number), "gpu", "nic", and "inventory": what the update service lists. One device may stand there under two kinds.
 * What cannot be read stands in "problems". A new object.
 */
int rf_components(struct rf_bmc *bmc, json_t **ret, struct err *err) _must_check_;

#endif
