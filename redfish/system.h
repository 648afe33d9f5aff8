/* SPDX-License-Identifier: Apache-2.0 */
/* The machine itself among the Systems of a BMC, and its actions. */
#ifndef REDFISH_SYSTEM_H
#define REDFISH_SYSTEM_H

#include "redfish/bmc.h"

struct rf_system {
	char path[RF_PATH_MAX];
	json_t *json; /* as it was read last */
};
void rf_system_clear(struct rf_system *system);

/*
 * By the Id that the operator has named, else the one System that has the action Reset and boot settings: there may be others without
 * (NVIDIA's HGX baseboards). None or several: an error that lists them. *ret is to be cleared in each case.
 */
int rf_system_find(struct rf_bmc *bmc, struct rf_system *ret, struct err *err) _must_check_;
/* Reads it anew. */
int rf_system_read(struct rf_bmc *bmc, struct rf_system *system, struct err *err) _must_check_;

struct rf_action {
	char target[RF_PATH_MAX]; /* "": there is no such action */
	json_t *allowed;          /* values of the parameter; NULL: the BMC does not say */
};
void rf_action_clear(struct rf_action *action);

/*
 * An action of a resource ("#ComputerSystem.Reset") and what a parameter of it may be, from the annotation or from @Redfish.ActionInfo
 * (DSP0266, sections 9.6 and 9.10). *ret is to be cleared in each case.
 */
int rf_action_find(struct rf_bmc *bmc, const json_t *json, const char *name, const char *parameter,
		   struct rf_action *ret, struct err *err) _must_check_;

#endif
