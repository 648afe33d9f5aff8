/* SPDX-License-Identifier: Apache-2.0 */
/* What a GPU is set to. "ecc" and "mig" are two numbers: now, and after a reset. */
#include "tests/fakes/nvml/fake.h"

int nvmlDeviceGetPersistenceMode(struct nvmlDevice_st *device, unsigned *mode)
{
	return fake_get(device, "DeviceGetPersistenceMode", "persistence", mode, NULL);
}

int nvmlDeviceSetPersistenceMode(struct nvmlDevice_st *device, unsigned mode)
{
	return fake_set(device, "DeviceSetPersistenceMode", "persistence", mode);
}

int nvmlDeviceGetEccMode(struct nvmlDevice_st *device, unsigned *current, unsigned *pending)
{
	return fake_get(device, "DeviceGetEccMode", "ecc", current, pending);
}

int nvmlDeviceGetDefaultEccMode(struct nvmlDevice_st *device, unsigned *mode)
{
	return fake_get(device, "DeviceGetDefaultEccMode", "ecc_default", mode, NULL);
}

/* The first number stays. */
static int set_pending(struct nvmlDevice_st *device, const char *call, const char *key, unsigned value)
{
	unsigned long long list[FAKE_NUMBERS];
	int gpu = fake_gpu(device), result = fake_trouble(gpu, call);

	if (result != NVML_SUCCESS)
		return result;
	if (!fake_numbers(gpu, key, list))
		return NVML_ERROR_NOT_SUPPORTED;
	if (!fake_lies(gpu, call))
		fake_write(gpu, key, "%llu %u", list[0], value);
	return NVML_SUCCESS;
}

int nvmlDeviceSetEccMode(struct nvmlDevice_st *device, unsigned mode)
{
	return set_pending(device, "DeviceSetEccMode", "ecc", mode);
}

int nvmlDeviceGetMigMode(struct nvmlDevice_st *device, unsigned *current, unsigned *pending)
{
	return fake_get(device, "DeviceGetMigMode", "mig", current, pending);
}

/* A GPU without "mig_needs_reset" needs none; one with parts does not leave the mode. */
int nvmlDeviceSetMigMode(struct nvmlDevice_st *device, unsigned mode, int *activation)
{
	int gpu = fake_gpu(device), result;
	char text[256];

	*activation = NVML_SUCCESS;
	if (!mode && fake_text(gpu, "parts", text) && *text)
		return NVML_ERROR_IN_USE;
	result = set_pending(device, "DeviceSetMigMode", "mig", mode);
	if (result == NVML_SUCCESS && !fake_lies(gpu, "DeviceSetMigMode") &&
	    !fake_text(gpu, "mig_needs_reset", text))
		fake_write(gpu, "mig", "%u %u", mode, mode);
	else
		*activation = NVML_ERROR_RESET_REQUIRED;
	return result;
}

int nvmlDeviceGetComputeMode(struct nvmlDevice_st *device, unsigned *mode)
{
	return fake_get(device, "DeviceGetComputeMode", "compute", mode, NULL);
}

int nvmlDeviceSetComputeMode(struct nvmlDevice_st *device, unsigned mode)
{
	return fake_set(device, "DeviceSetComputeMode", "compute", mode);
}

/* Milliwatts: "power NOW", "power_default D", "power_range MIN MAX". */
int nvmlDeviceGetPowerManagementLimit(struct nvmlDevice_st *device, unsigned *milliwatts)
{
	return fake_get(device, "DeviceGetPowerManagementLimit", "power", milliwatts, NULL);
}

int nvmlDeviceGetPowerManagementDefaultLimit(struct nvmlDevice_st *device, unsigned *milliwatts)
{
	return fake_get(device, "DeviceGetPowerManagementDefaultLimit", "power_default", milliwatts, NULL);
}

int nvmlDeviceGetPowerManagementLimitConstraints(struct nvmlDevice_st *device, unsigned *min, unsigned *max)
{
	return fake_get(device, "DeviceGetPowerManagementLimitConstraints", "power_range", min, max);
}

int nvmlDeviceSetPowerManagementLimit(struct nvmlDevice_st *device, unsigned milliwatts)
{
	return fake_set(device, "DeviceSetPowerManagementLimit", "power", milliwatts);
}

/* A clock has its value, and with "..._max" the most. A lock moves it at once. */
int nvmlDeviceGetClockInfo(struct nvmlDevice_st *device, unsigned type, unsigned *mhz)
{
	return fake_get(device, "DeviceGetClockInfo", type == NVML_CLOCK_MEM ? "memory_clock" : "clock", mhz,
			NULL);
}

int nvmlDeviceGetMaxClockInfo(struct nvmlDevice_st *device, unsigned type, unsigned *mhz)
{
	return fake_get(device, "DeviceGetMaxClockInfo",
			type == NVML_CLOCK_MEM ? "memory_clock_max" : "clock_max", mhz, NULL);
}

int nvmlDeviceSetGpuLockedClocks(struct nvmlDevice_st *device, unsigned min_mhz, unsigned max_mhz)
{
	(void)max_mhz;
	return fake_set(device, "DeviceSetGpuLockedClocks", "clock", min_mhz);
}

int nvmlDeviceResetGpuLockedClocks(struct nvmlDevice_st *device)
{
	return fake_set(device, "DeviceResetGpuLockedClocks", "clock", 345);
}

int nvmlDeviceSetMemoryLockedClocks(struct nvmlDevice_st *device, unsigned min_mhz, unsigned max_mhz)
{
	(void)max_mhz;
	return fake_set(device, "DeviceSetMemoryLockedClocks", "memory_clock", min_mhz);
}

int nvmlDeviceResetMemoryLockedClocks(struct nvmlDevice_st *device)
{
	return fake_set(device, "DeviceResetMemoryLockedClocks", "memory_clock", 2619);
}
