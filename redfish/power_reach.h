/* SPDX-License-Identifier: Apache-2.0 */
/* One power state, asked for and awaited: what the actions of redfish/power.h are made of. */
#ifndef REDFISH_POWER_REACH_H
#define REDFISH_POWER_REACH_H

#include "redfish/power.h"
#include "redfish/system.h"

/* A machine whose power is looked at or changed. */
struct rf_reach {
	struct rf_bmc *bmc;
	struct rf_system system;
	struct rf_action reset;
	char state[RF_POWER_STATE_MAX];
};
void rf_reach_clear(struct rf_reach *p);

/* Finds the System and its state. *p is zeroed before, and to be cleared in each case. */
int rf_reach_open(struct rf_bmc *bmc, struct rf_reach *p, struct err *err) _must_check_;

bool rf_reach_is(const struct rf_reach *p, const char *state);
/* The first of the ResetTypes (NULL-terminated) that the BMC knows; all may be tried when it does not say. NULL: none. */
const char *rf_reach_known(const struct rf_reach *p, const char *const *types);

/* 0: the state is there; 1: it is not, after so many ms. */
int rf_reach_await(struct rf_reach *p, const char *state, unsigned ms, struct err *err) _must_check_;

/*
 * The action Reset, and its task to the end. A 409 is a success when the state is as wanted, and else tried again: some pass.
 */
int rf_reach_act(struct rf_reach *p, const char *type, const char *wanted, struct err *err) _must_check_;

/* Nothing when the state is there; else the first of the types that the BMC knows, awaited. -RF_UNCHANGED: it agreed, and that was all. */
int rf_reach_state(struct rf_reach *p, const char *const *types, const char *wanted,
		   struct err *err) _must_check_;

#endif
