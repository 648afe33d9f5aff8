/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <string.h>

#include "agent/gpu/cuda_private.h"

struct symbol {
	const char *name;
	size_t at; /* in struct cuda */
	bool optional;
};

#define SYMBOL(name, member, ...)                                  \
	{                                                          \
		name, offsetof(struct cuda, member), ##__VA_ARGS__ \
	}

/* Where a function has a version, it is the oldest that is 64 bits wide: these stay in the library for good. */
static const struct symbol symbols[] = {
	SYMBOL("cuInit", init),
	SYMBOL("cuGetErrorName", get_error_name),
	SYMBOL("cuGetErrorString", get_error_string),
	SYMBOL("cuDeviceGetCount", device_count),
	SYMBOL("cuDeviceGet", device_get),
	SYMBOL("cuDeviceGetByPCIBusId", device_by_pci),
	SYMBOL("cuDeviceGetPCIBusId", device_pci),
	SYMBOL("cuDeviceGetName", device_name),
	SYMBOL("cuDeviceTotalMem_v2", device_memory),
	SYMBOL("cuDeviceGetAttribute", device_attribute),
	SYMBOL("cuDeviceGetUuid", device_uuid),
	SYMBOL("cuDeviceGetUuid_v2", device_uuid_v2, true), /* since 11.4 */
	SYMBOL("cuCtxCreate_v2", context_create),
	SYMBOL("cuCtxDestroy_v2", context_destroy),
	SYMBOL("cuModuleLoadDataEx", module_load),
	SYMBOL("cuModuleGetFunction", module_function),
	SYMBOL("cuMemGetInfo_v2", memory_info),
	SYMBOL("cuMemAlloc_v2", memory_alloc),
	SYMBOL("cuMemFree_v2", memory_free),
	SYMBOL("cuMemcpyDtoH_v2", copy_to_host),
	SYMBOL("cuMemcpyHtoD_v2", copy_to_device),
	SYMBOL("cuMemcpyDtoDAsync_v2", copy_on_device),
	SYMBOL("cuLaunchKernel", launch),
	SYMBOL("cuEventCreate", event_create),
	SYMBOL("cuEventRecord", event_record),
	SYMBOL("cuEventSynchronize", event_synchronize),
	SYMBOL("cuEventElapsedTime", event_elapsed),
	SYMBOL("cuEventDestroy_v2", event_destroy),
};

int cuda_symbols(void *library, struct cuda *ret, struct err *err)
{
	for (unsigned i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *found = dlsym(library, symbols[i].name);

		if (!found && !symbols[i].optional)
			return err_set(err, ENOSYS,
				       CUDA_LIBRARY
				       " has no %s: the driver is too old, or it is another library",
				       symbols[i].name);
		memcpy((char *)ret + symbols[i].at, &found, sizeof(found));
	}
	return 0;
}
