/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/gpu/backend.h"

/* A vendor's driver knows more of its GPU than we do by registers, and would not share it with us. */
const struct gpu_backend *const gpu_backends[] = {
	&gpu_nvml,
	&gpu_bar0,
	&gpu_amdgpu,
	NULL,
};

const struct gpu_backend *gpu_backend_of(const struct gpu_host *host, const struct gpu *gpu)
{
	for (const struct gpu_backend *const *b = gpu_backends; *b; b++)
		if ((*b)->drives(host, gpu))
			return *b;
	return NULL;
}
