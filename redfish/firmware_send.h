/* SPDX-License-Identifier: Apache-2.0 */
/* How an image gets to a BMC: the three ways of DSP2046's UpdateService. */
#ifndef REDFISH_FIRMWARE_SEND_H
#define REDFISH_FIRMWARE_SEND_H

#include "redfish/firmware.h"
#include "redfish/system.h"
#include "redfish/task.h"

struct rf_update_service {
	struct rf_bmc *bmc;
	char path[RF_PATH_MAX];
	json_t *json;
	char multipart[RF_PATH_MAX], push[RF_PATH_MAX]; /* "": it does not take files that way */
	json_int_t largest;                             /* bytes of an image; 0: it does not say */
	struct rf_action simple;                        /* allowed: of TransferProtocol */
};
void rf_update_service_clear(struct rf_update_service *service);

/* -EOPNOTSUPP: there is none, or it is switched off. *ret is to be cleared in each case. */
int rf_update_service_find(struct rf_bmc *bmc, struct rf_update_service *ret, struct err *err) _must_check_;

/*
 * Sends the file, or has it fetched, and follows the task. `targets`: paths, an array of strings. *ret_way: "multipart", "push" or
 * "simple"; static.
 */
int rf_firmware_send(const struct rf_update_service *service, const struct rf_firmware_want *want,
		     const json_t *targets, struct rf_task_watch *watch, const char **ret_way,
		     struct err *err) _must_check_;

#endif
