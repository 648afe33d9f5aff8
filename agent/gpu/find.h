/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's GPUs. */
#ifndef AGENT_GPU_FIND_H
#define AGENT_GPU_FIND_H

#include "agent/gpu/gpu.h"

/* By sysfs, sorted by address; no driver is needed. *ret: free(). More than GPU_MAX of them are -E2BIG: one that is not looked at would go along. */
int gpu_find(const struct gpu_host *host, struct gpu **ret, unsigned *ret_n, struct err *err) _must_check_;

#endif
