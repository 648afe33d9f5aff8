/* SPDX-License-Identifier: Apache-2.0 */
/* What NVIDIA's driver has logged of a GPU, and whether such a GPU may go to a tenant. */
#ifndef AGENT_GPU_XID_H
#define AGENT_GPU_XID_H

#include "agent/gpu/gpu.h"
#include "agent/hw/kmsg.h"

/* Adds to a look (gpu.h): all of them as health.xids, {"<number>": how often}; those that fail a GPU to its faults. */
void gpu_xids_add(const struct kmsg_xids *xids, const struct gpu *gpu, json_t *look);

#endif
