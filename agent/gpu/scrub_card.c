/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/gpu/scrub_card.h"

#include "agent/gpu/nvml_users.h"

/* What NVML does not tell, CUDA may. */
static int no_processes(const struct nvml *nvml, struct nvmlDevice_st *device, nvml_process_call *call,
			struct err *err)
{
	static const char then[] = ": end them first";
	int r = nvml_nobody_in(nvml, device, call, then, then, err);

	return r == -EBUSY ? r : 0;
}

static int no_parts(const struct nvml *nvml, struct nvmlDevice_st *device, struct err *err)
{
	unsigned current = 0, pending = 0;

	if (nvml->DeviceGetMigMode && nvml->DeviceGetMigMode(device, &current, &pending) == NVML_SUCCESS &&
	    current)
		return err_set(err, EBUSY,
			       "MIG mode is on: CUDA reaches single instances, not the whole card; turn it "
			       "off first");
	return 0;
}

static uint64_t memory_of(const struct nvml *nvml, struct nvmlDevice_st *device)
{
	struct nvmlMemory_st memory = {0};

	return nvml->DeviceGetMemoryInfo && nvml->DeviceGetMemoryInfo(device, &memory) == NVML_SUCCESS
		       ? memory.total
		       : 0;
}

int scrub_card_ask(const struct gpu_host *host, const char *pci, uint64_t *ret_memory, struct err *err)
{
	_cleanup_(nvml_closep) struct nvml *nvml = NULL;
	struct nvmlDevice_st *device;
	struct err ignored;
	int r;

	*ret_memory = 0;
	if (nvml_open(host, &nvml, &ignored) < 0 || nvml_device(nvml, pci, &device) != NVML_SUCCESS)
		return 0;
	r = no_parts(nvml, device, err);
	if (r == 0)
		r = no_processes(nvml, device, nvml->DeviceGetComputeRunningProcesses, err);
	if (r == 0)
		r = no_processes(nvml, device, nvml->DeviceGetGraphicsRunningProcesses, err);
	if (r == 0)
		*ret_memory = memory_of(nvml, device);
	return r;
}
