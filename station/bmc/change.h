/* SPDX-License-Identifier: Apache-2.0 */
/* One new password for the station's own account at a node's BMC. */
#ifndef STATION_BMC_CHANGE_H
#define STATION_BMC_CHANGE_H

#include <stdint.h>

#include "redfish/loop.h"

struct station;

/*
 * In a procedure of the loop, not within a transaction: makes one, keeps it in the store, has the BMC take it, proves it by a login, and forgets
 * the old one. At each moment the store has the one that holds. The log and the audit trail tell how it ended.
 */
int bmc_change(const struct station *station, struct rf_loop *loop, int64_t node, const char *name,
	       struct err *err) _must_check_;

#endif
