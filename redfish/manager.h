/* SPDX-License-Identifier: Apache-2.0 */
/* The BMC among the Managers of a service. */
#ifndef REDFISH_MANAGER_H
#define REDFISH_MANAGER_H

#include "redfish/bmc.h"

struct rf_manager {
	char path[RF_PATH_MAX];
	json_t *json; /* as it was read last */
};
void rf_manager_clear(struct rf_manager *manager);

/*
 * The one that manages the System and can be reset; where the System does not say, the one of all Managers. None or several: an error that lists
 * them. *ret is to be cleared in each case.
 */
int rf_manager_find(struct rf_bmc *bmc, struct rf_manager *ret, struct err *err) _must_check_;

#endif
