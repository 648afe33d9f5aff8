/* SPDX-License-Identifier: Apache-2.0 */
/* How a GPU is. */
#include <string.h>

#include "tests/fakes/nvml/fake.h"

int nvmlDeviceGetTemperature(struct nvmlDevice_st *device, unsigned sensor, unsigned *celsius)
{
	(void)sensor;
	return fake_get(device, "DeviceGetTemperature", "temperature", celsius, NULL);
}

/* At least n numbers of `key`, or the result that says why not. */
static int numbers(struct nvmlDevice_st *device, const char *call, const char *key, unsigned n,
		   unsigned long long list[FAKE_NUMBERS])
{
	int result = fake_trouble(fake_gpu(device), call);

	if (result == NVML_SUCCESS && fake_numbers(fake_gpu(device), key, list) < n)
		result = NVML_ERROR_NOT_SUPPORTED;
	return result;
}

int nvmlDeviceGetCurrentClocksThrottleReasons(struct nvmlDevice_st *device, unsigned long long *reasons)
{
	unsigned long long list[FAKE_NUMBERS];
	int result = numbers(device, "DeviceGetCurrentClocksThrottleReasons", "throttle", 1, list);

	if (result == NVML_SUCCESS)
		*reasons = list[0];
	return result;
}

/* "rows CORRECTABLE UNCORRECTABLE PENDING FAILED" */
int nvmlDeviceGetRemappedRows(struct nvmlDevice_st *device, unsigned *correctable, unsigned *uncorrectable,
			      unsigned *pending, unsigned *failure)
{
	unsigned long long list[FAKE_NUMBERS];
	int result = numbers(device, "DeviceGetRemappedRows", "rows", 4, list);

	if (result != NVML_SUCCESS)
		return result;
	*correctable = (unsigned)list[0];
	*uncorrectable = (unsigned)list[1];
	*pending = (unsigned)list[2];
	*failure = (unsigned)list[3];
	return NVML_SUCCESS;
}

/* "pages SINGLE DOUBLE PENDING" */
int nvmlDeviceGetRetiredPages(struct nvmlDevice_st *device, unsigned cause, unsigned *count,
			      unsigned long long *addresses)
{
	unsigned long long list[FAKE_NUMBERS];
	int result = numbers(device, "DeviceGetRetiredPages", "pages", 3, list);

	(void)addresses;
	if (result != NVML_SUCCESS)
		return result;
	*count = (unsigned)list[cause];
	return *count ? NVML_ERROR_INSUFFICIENT_SIZE : NVML_SUCCESS;
}

int nvmlDeviceGetRetiredPagesPendingStatus(struct nvmlDevice_st *device, unsigned *pending)
{
	unsigned long long list[FAKE_NUMBERS];
	int result = numbers(device, "DeviceGetRetiredPagesPendingStatus", "pages", 3, list);

	if (result == NVML_SUCCESS)
		*pending = (unsigned)list[2];
	return result;
}

/* "ecc_errors CORRECTED UNCORRECTED CORRECTED_EVER UNCORRECTED_EVER" */
int nvmlDeviceGetTotalEccErrors(struct nvmlDevice_st *device, unsigned type, unsigned counter,
				unsigned long long *count)
{
	unsigned long long list[FAKE_NUMBERS];
	int result = numbers(device, "DeviceGetTotalEccErrors", "ecc_errors", 4, list);

	if (result == NVML_SUCCESS)
		*count = list[2 * counter + type];
	return result;
}

int nvmlDeviceGetSramEccErrorStatus(struct nvmlDevice_st *device, struct nvmlEccSramErrorStatus_v1_st *status)
{
	unsigned long long list[FAKE_NUMBERS];
	int result = numbers(device, "DeviceGetSramEccErrorStatus", "sram", 1, list);

	if (result == NVML_SUCCESS && status->version != nvmlEccSramErrorStatus_v1)
		result = NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
	if (result == NVML_SUCCESS)
		status->bThresholdExceeded = (unsigned)list[0];
	return result;
}

/* "repairs CHANNEL TPC" */
int nvmlDeviceGetRepairStatus(struct nvmlDevice_st *device, struct nvmlRepairStatus_v1_st *status)
{
	unsigned long long list[FAKE_NUMBERS];
	int result = numbers(device, "DeviceGetRepairStatus", "repairs", 2, list);

	if (result == NVML_SUCCESS && status->version != nvmlRepairStatus_v1)
		result = NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
	if (result == NVML_SUCCESS) {
		status->bChannelRepairPending = (unsigned)list[0];
		status->bTpcRepairPending = (unsigned)list[1];
	}
	return result;
}

/* "recovery ACTION": the one field that is known. */
int nvmlDeviceGetFieldValues(struct nvmlDevice_st *device, int count, struct nvmlFieldValue_st *values)
{
	int result = fake_trouble(fake_gpu(device), "DeviceGetFieldValues");
	unsigned long long list[FAKE_NUMBERS];

	for (int i = 0; result == NVML_SUCCESS && i < count; i++) {
		values[i].nvmlReturn = NVML_ERROR_INVALID_ARGUMENT;
		if (values[i].fieldId != NVML_FI_DEV_GET_GPU_RECOVERY_ACTION ||
		    !fake_numbers(fake_gpu(device), "recovery", list))
			continue;
		values[i].nvmlReturn = NVML_SUCCESS;
		values[i].valueType = NVML_VALUE_TYPE_UNSIGNED_INT;
		values[i].value.uiVal = (unsigned)list[0];
	}
	return result;
}

/* "processes COUNT PID ...": as many as it says, or as there is room for. */
static int processes(struct nvmlDevice_st *device, const char *call, const char *key, unsigned *count,
		     struct nvmlProcessInfo_st *list)
{
	unsigned long long value[FAKE_NUMBERS] = {0};
	int result = fake_trouble(fake_gpu(device), call);
	unsigned n = fake_numbers(fake_gpu(device), key, value), room = *count;

	if (result != NVML_SUCCESS)
		return result;
	*count = (unsigned)value[0];
	for (unsigned i = 0; i + 1 < n && i < room; i++)
		list[i] = (struct nvmlProcessInfo_st){.pid = (unsigned)value[i + 1]};
	return *count > room && n < FAKE_NUMBERS && !value[1] ? NVML_ERROR_INSUFFICIENT_SIZE : NVML_SUCCESS;
}

int nvmlDeviceGetComputeRunningProcesses_v3(struct nvmlDevice_st *device, unsigned *count,
					    struct nvmlProcessInfo_st *list)
{
	return processes(device, "DeviceGetComputeRunningProcesses", "processes", count, list);
}

int nvmlDeviceGetGraphicsRunningProcesses_v3(struct nvmlDevice_st *device, unsigned *count,
					     struct nvmlProcessInfo_st *list)
{
	return processes(device, "DeviceGetGraphicsRunningProcesses", "graphics", count, list);
}
