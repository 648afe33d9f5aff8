/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes whose end is not waited for: settings that wait for a reset are a task that runs until then on some BMCs (iDRAC: a job that is
 * Scheduled).
 */
#ifndef REDFISH_BEGIN_H
#define REDFISH_BEGIN_H

#include "redfish/write.h"

/* As rf_patch() and rf_post(). `monitor` has RF_PATH_MAX bytes: of what was begun; "": nothing was. */
int rf_patch_begin(struct rf_bmc *bmc, const char *path, const json_t *body, char *monitor, long *ret_status,
		   struct err *err) _must_check_;
int rf_post_begin(struct rf_bmc *bmc, const char *path, const json_t *body, char *monitor, long *ret_status,
		  struct err *err) _must_check_;

#endif
