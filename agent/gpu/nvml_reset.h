/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_GPU_NVML_RESET_H
#define AGENT_GPU_NVML_RESET_H

#include "agent/gpu/gpu.h"

/* struct gpu_backend's. -EBUSY: somebody uses the card, and who. */
int nvml_reset(const struct gpu_host *host, const struct gpu *gpu, json_t **ret,
	       struct err *err) _must_check_;

#endif
