/* SPDX-License-Identifier: Apache-2.0 */
/* What is done to one GPU: reset, settings, memory. */
#ifndef AGENT_STEPS_GPU_WORK_H
#define AGENT_STEPS_GPU_WORK_H

#include "agent/steps/gpu/hold.h"

/* Could its memory be filled and read back by CUDA? Its driver is NVIDIA's. */
bool gpu_takes_cuda(const struct gpu *gpu);
/* Could its memory be cleared at all: by CUDA, or by the hardware after a reset? */
bool gpu_takes_scrub(const struct gpu_machine *m, unsigned i);

/*
 * Does to the i-th what the order asks for, and writes into its account what was done and what was not. What could not be done and must, and what was
 * not set, are reasons. *ret_needs_reset: a setting waits for a reset of the machine; nothing more is done to this GPU then. Only cancelling is
 * an error.
 */
int gpu_work(struct gpu_machine *m, unsigned i, json_t *account, struct reasons *reasons,
	     bool *ret_needs_reset, struct err *err) _must_check_;

/* The share of the card's own rate that the order's class wants, beside what was measured: differences into the account, and reasons. */
void gpu_compare_class(const struct gpu_machine *m, unsigned i, json_t *account, struct reasons *reasons);
/* Does the class require a share that nobody here could measure? Then the machine need not be erased to find out. */
void gpu_check_class(const struct gpu_machine *m, unsigned i, const json_t *account, struct reasons *reasons);

#endif
