/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What else the station reads at a BMC for an order, before it changes anything: firmware, BIOS attributes, accounts, the event log. A table of
 * functions, one a concern.
 */
#ifndef STATION_DRIVE_LOOKERS_H
#define STATION_DRIVE_LOOKERS_H

#include <stdint.h>

#include "redfish/bmc.h"

struct station;

struct drive_looking {
	const struct station *station;
	struct rf_bmc *bmc;  /* logged in, and known to drive the node */
	int64_t order, node; /* orders.seq, nodes.id */
	const char *id;      /* the order's */
};

/*
 * In a procedure of the loop, outside of a transaction: it stores what it finds itself. 0, or an error, which is told and changes nothing;
 * -ECANCELED and -ETIMEDOUT are of the visit and end it. 1: the order must not go on, for the reason in err->text, and is held.
 */
typedef int drive_looker(const struct drive_looking *looking, struct err *err);

/* In this order; NULL-terminated. */
extern drive_looker *const drive_lookers[];

#endif
