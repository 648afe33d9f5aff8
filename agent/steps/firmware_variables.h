/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI variables that are no boot entries: which the order has removed, and what is told of the others. */
#ifndef AGENT_STEPS_FIRMWARE_VARIABLES_H
#define AGENT_STEPS_FIRMWARE_VARIABLES_H

#include "agent/step.h"

/* Removes and reads back. *ret: docs/certificate.md, "Firmware", under "variables". */
int firmware_variables_clean(struct job *job, json_t **ret, struct err *err) _must_check_;
/* -EIO: there is one again that had been removed. */
int firmware_variables_check(const struct job *job, const json_t *report, struct err *err) _must_check_;

#endif
