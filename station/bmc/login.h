/* SPDX-License-Identifier: Apache-2.0 */
/* To a node's BMC, as it stands in the store at this moment. */
#ifndef STATION_BMC_LOGIN_H
#define STATION_BMC_LOGIN_H

#include <stdint.h>

#include "redfish/bmc.h"

struct station;

/*
 * In a procedure of the loop, not within a transaction. *ret is logged in: rf_bmc_close() and rf_bmc_free() are the caller's. Where a change of
 * the password was cut off it is found out first which one holds, and the store then has that one alone. -ENOENT: the node has no BMC; -EIO:
 * its password does not open; -EAGAIN: its password is being changed; and the errors of rf_bmc_open().
 */
int bmc_login(const struct station *station, struct rf_loop *loop, int64_t node, const struct rf_times *times,
	      struct rf_bmc **ret, struct err *err) _must_check_;

/* The same for who changes the password. */
int bmc_login_owner(const struct station *station, struct rf_loop *loop, int64_t node,
		    const struct rf_times *times, struct rf_bmc **ret, struct err *err) _must_check_;

#endif
