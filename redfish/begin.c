/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/begin.h"

#include "redfish/client.h"

int rf_patch_begin(struct rf_bmc *bmc, const char *path, const json_t *body, char *monitor, long *ret_status,
		   struct err *err)
{
	int r;

	monitor[0] = '\0';
	bmc->begun = monitor;
	r = rf_patch(bmc, path, body, ret_status, err);
	bmc->begun = NULL;
	return r;
}

int rf_post_begin(struct rf_bmc *bmc, const char *path, const json_t *body, char *monitor, long *ret_status,
		  struct err *err)
{
	int r;

	monitor[0] = '\0';
	bmc->begun = monitor;
	r = rf_post(bmc, path, body, ret_status, err);
	bmc->begun = NULL;
	return r;
}
