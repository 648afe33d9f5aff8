/* SPDX-License-Identifier: Apache-2.0 */
/* Why GPUs hold a machine. */
#ifndef AGENT_STEPS_GPU_HOLD_H
#define AGENT_STEPS_GPU_HOLD_H

#include "agent/steps/gpu/machine.h"
#include "agent/steps/reasons.h"

/* A reason in any case, and a line for the operator. */
void gpu_reason_add(struct reasons *reasons, const struct gpu_machine *m, unsigned i, const json_t *account,
		    const char *fmt, ...) _printf_(5, 6);
/* What is wrong with a GPU: a reason where the machine is to have a tenant; else it is told, and stands in the record. */
void gpu_trouble_add(struct reasons *reasons, const struct gpu_machine *m, unsigned i, const json_t *account,
		     const char *text);
/* An error where there are reasons. */
int gpu_reasons_hold(const struct reasons *reasons, struct err *err) _must_check_;

#endif
