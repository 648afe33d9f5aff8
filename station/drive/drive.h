/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders through the BMC: for an order whose node has one, the station itself starts the machine from the network, sees whether the agent comes,
 * tries again, and returns the boot settings in the end. One thread and one redfish loop for all of them; what it knows lies in the store, so
 * that a station that is started anew goes on. docs/operate.md, "Orders through the BMC".
 */
#ifndef STATION_DRIVE_H
#define STATION_DRIVE_H

#include "core/err.h"

struct drive;
struct station;

struct drive_options {
	unsigned boot_within_s; /* from the start of the machine to the agent's check-in */
	unsigned tries;         /* starts for one check-in, and failures of the BMC in a row */
};

int drive_start(const struct station *station, const struct drive_options *options, struct drive **ret,
		struct err *err) _must_check_;
/* What is under way at a BMC ends, logs out, and is done again after the next start. NULL is fine. */
void drive_stop(struct drive *drive);

#endif
