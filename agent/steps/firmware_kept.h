/* SPDX-License-Identifier: Apache-2.0 */
/* Has the firmware kept over a reset what was written? What it was goes into the journal before, and is compared after. */
#ifndef AGENT_STEPS_FIRMWARE_KEPT_H
#define AGENT_STEPS_FIRMWARE_KEPT_H

#include "agent/step.h"

int firmware_kept_promise(struct job *job, struct err *err) _must_check_;
/*
 * To be asked before this boot changes anything. *ret: NULL where there was no such reset, else docs/certificate.md, "Firmware", under "after_reset". -EIO: the
 * firmware has not kept it.
 */
int firmware_kept_check(const struct job *job, json_t **ret, struct err *err) _must_check_;

#endif
