/* SPDX-License-Identifier: Apache-2.0 */
/* Which back end looks after which GPU. */
#ifndef AGENT_GPU_BACKEND_H
#define AGENT_GPU_BACKEND_H

#include "agent/gpu/gpu.h"

/* In the order in which they are asked, NULL-terminated. */
extern const struct gpu_backend *const gpu_backends[];

/* NULL: none of them. */
const struct gpu_backend *gpu_backend_of(const struct gpu_host *host, const struct gpu *gpu);

#endif
