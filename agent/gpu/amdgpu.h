/* SPDX-License-Identifier: Apache-2.0 */
/* AMD's GPUs by the attributes of their driver, amdgpu (the kernel's Documentation/gpu/amdgpu). docs/gpu.md, "AMD". Between its files. */
#ifndef AGENT_GPU_AMDGPU_H
#define AGENT_GPU_AMDGPU_H

#include "agent/gpu/gpu.h"

#define AMDGPU_DEVICE "%s/sys/bus/pci/devices/%s"

/* The folder with its power limit, "hwmon/hwmon3" within the device's; false: it has none. */
bool amdgpu_hwmon(const struct gpu_host *host, const struct gpu *gpu, char ret[64]);
/* Power limits in W; 0: the card does not tell. */
struct amdgpu_power {
	unsigned now, by_default, min, max;
};
void amdgpu_power(const struct gpu_host *host, const struct gpu *gpu, struct amdgpu_power *ret);

/* Counters of errors and bad pages into look.health, look.faults, look.unknown. */
void amdgpu_health(const struct gpu_host *host, const struct gpu *gpu, json_t *look);

int amdgpu_set(const struct gpu_host *host, const struct gpu *gpu, const struct order_gpu *wish, json_t **ret,
	       struct err *err);

#endif
