/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's power: asked for, and awaited. */
#ifndef REDFISH_POWER_H
#define REDFISH_POWER_H

#include "redfish/bmc.h"

enum rf_power {
	RF_POWER_ON,
	RF_POWER_OFF,              /* the operating system shuts down */
	RF_POWER_FORCE_OFF,        /* at once */
	RF_POWER_RESTART,          /* at once; a machine that is off is switched on */
	RF_POWER_GRACEFUL_RESTART, /* the operating system shuts down, then on */
};

#define RF_POWER_STATE_MAX 32
struct rf_power_done {
	char before[RF_POWER_STATE_MAX], after[RF_POWER_STATE_MAX]; /* PowerState */
	bool forced; /* a shutdown that did not happen was forced */
	bool cycled; /* a restart was made of off, wait, on */
};

/* PowerState of the machine, as it is. */
int rf_power_state(struct rf_bmc *bmc, char state[RF_POWER_STATE_MAX], struct err *err) _must_check_;

/*
 * Returns when the wanted state has been seen. may_force: a graceful shutdown that is not over after times.grace is forced; without it that
 * is -ETIMEDOUT. A BMC that accepts an action that has no effect: -RF_UNCHANGED.
 */
int rf_power_set(struct rf_bmc *bmc, enum rf_power what, bool may_force, struct rf_power_done *ret,
		 struct err *err) _must_check_;

#endif
