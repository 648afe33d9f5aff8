/* SPDX-License-Identifier: Apache-2.0 */
/* The log services of a machine: those of its System and of the managers that manage it. */
#ifndef REDFISH_LOG_SERVICE_H
#define REDFISH_LOG_SERVICE_H

#include "redfish/collection.h"

/*
 * All of them, each once; with `log` those whose Id or path it is, and -ENOENT when there is none. *ret is to be cleared in each case. What of
 * the managers cannot be read goes onto `problems`.
 */
int rf_log_services(struct rf_bmc *bmc, const char *log, struct rf_members *ret, json_t *problems,
		    struct err *err) _must_check_;

/* An error of one part: noted as {"part", "reason"}, and 0; else the error, which ends all. */
int rf_log_note(json_t *problems, const char *part, int r, struct err *err) _must_check_;

#endif
