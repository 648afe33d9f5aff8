/* SPDX-License-Identifier: Apache-2.0 */
/* The library itself, which GPUs there are, and what they are. */
#include <string.h>
#include <strings.h>

#include "tests/fakes/nvml/fake.h"

int nvmlDeviceGetHandleByIndex_v2(unsigned index, struct nvmlDevice_st **device);

int nvmlInit_v2(void)
{
	return fake_trouble(-1, "Init");
}

int nvmlShutdown(void)
{
	return NVML_SUCCESS;
}

const char *nvmlErrorString(int result)
{
	switch (result) {
	case NVML_ERROR_NOT_SUPPORTED:
		return "Not Supported";
	case NVML_ERROR_NO_PERMISSION:
		return "Insufficient Permissions";
	case NVML_ERROR_INVALID_ARGUMENT:
		return "Invalid Argument";
	case NVML_ERROR_NOT_FOUND:
		return "Not Found";
	case NVML_ERROR_DRIVER_NOT_LOADED:
		return "Driver Not Loaded";
	case NVML_ERROR_GPU_IS_LOST:
		return "GPU is lost";
	case NVML_ERROR_LIB_RM_VERSION_MISMATCH:
		return "Driver/library version mismatch";
	case NVML_ERROR_IN_USE:
		return "In use by another client";
	case NVML_ERROR_INSUFFICIENT_RESOURCES:
		return "Insufficient Resources";
	case 998:
		return NULL;
	default:
		return "Unknown Error";
	}
}

int nvmlSystemGetDriverVersion(char *version, unsigned length)
{
	return fake_get_text(-1, "SystemGetDriverVersion", "driver", version, length);
}

int nvmlDeviceGetCount_v2(unsigned *count)
{
	unsigned long long list[FAKE_NUMBERS] = {0};

	(void)fake_numbers(-1, "gpus", list);
	*count = (unsigned)list[0];
	return fake_trouble(-1, "DeviceGetCount");
}

int nvmlDeviceGetHandleByPciBusId_v2(const char *id, struct nvmlDevice_st **device)
{
	unsigned count = 0;
	char pci[256];

	if (nvmlDeviceGetCount_v2(&count) != NVML_SUCCESS)
		return NVML_ERROR_UNKNOWN;
	for (unsigned i = 0; i < count && i < 64; i++)
		if (fake_text((int)i, "pci", pci) && !strcasecmp(pci, id)) {
			int result = fake_trouble((int)i, "DeviceGetHandleByPciBusId");

			return result == NVML_SUCCESS ? nvmlDeviceGetHandleByIndex_v2(i, device) : result;
		}
	return NVML_ERROR_NOT_FOUND;
}

int nvmlDeviceGetPciInfo_v3(struct nvmlDevice_st *device, struct nvmlPciInfo_st *pci)
{
	int gpu = fake_gpu(device), result = fake_trouble(gpu, "DeviceGetPciInfo");
	char text[256];

	memset(pci, 0xff, sizeof(*pci));
	if (result != NVML_SUCCESS || !fake_text(gpu, "pci", text))
		return result ? result : NVML_ERROR_NOT_FOUND;
	if (sscanf(text, "%x:%x:%x", &pci->domain, &pci->bus, &pci->device) != 3)
		return NVML_ERROR_UNKNOWN;
	pci->pciDeviceId = 0x233010de;
	return NVML_SUCCESS;
}

int nvmlDeviceGetName(struct nvmlDevice_st *device, char *name, unsigned length)
{
	return fake_get_text(fake_gpu(device), "DeviceGetName", "name", name, length);
}

int nvmlDeviceGetSerial(struct nvmlDevice_st *device, char *serial, unsigned length)
{
	return fake_get_text(fake_gpu(device), "DeviceGetSerial", "serial", serial, length);
}

int nvmlDeviceGetUUID(struct nvmlDevice_st *device, char *uuid, unsigned length)
{
	return fake_get_text(fake_gpu(device), "DeviceGetUUID", "uuid", uuid, length);
}

int nvmlDeviceGetVbiosVersion(struct nvmlDevice_st *device, char *version, unsigned length)
{
	return fake_get_text(fake_gpu(device), "DeviceGetVbiosVersion", "vbios", version, length);
}

int nvmlDeviceGetInforomImageVersion(struct nvmlDevice_st *device, char *version, unsigned length)
{
	return fake_get_text(fake_gpu(device), "DeviceGetInforomImageVersion", "inforom", version, length);
}

int nvmlDeviceValidateInforom(struct nvmlDevice_st *device)
{
	return fake_trouble(fake_gpu(device), "DeviceValidateInforom");
}

int nvmlDeviceGetMemoryInfo(struct nvmlDevice_st *device, struct nvmlMemory_st *memory)
{
	unsigned long long list[FAKE_NUMBERS];
	int result = fake_trouble(fake_gpu(device), "DeviceGetMemoryInfo");

	if (result == NVML_SUCCESS && !fake_numbers(fake_gpu(device), "memory", list))
		result = NVML_ERROR_NOT_SUPPORTED;
	if (result == NVML_SUCCESS)
		*memory = (struct nvmlMemory_st){.total = list[0], .free = list[0]};
	return result;
}
