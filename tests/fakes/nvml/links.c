/* SPDX-License-Identifier: Apache-2.0 */
/* PCIe, NVLink and the fabric. */
#include <string.h>

#include "tests/fakes/nvml/fake.h"

/* "pcie GENERATION WIDTH MAX_GENERATION MAX_WIDTH REPLAYS" */
static int pcie(struct nvmlDevice_st *device, const char *call, unsigned i, unsigned *value)
{
	unsigned long long list[FAKE_NUMBERS];
	int result = fake_trouble(fake_gpu(device), call);

	if (result == NVML_SUCCESS && fake_numbers(fake_gpu(device), "pcie", list) <= i)
		result = NVML_ERROR_NOT_SUPPORTED;
	if (result == NVML_SUCCESS)
		*value = (unsigned)list[i];
	return result;
}

int nvmlDeviceGetCurrPcieLinkGeneration(struct nvmlDevice_st *device, unsigned *value)
{
	return pcie(device, "DeviceGetCurrPcieLinkGeneration", 0, value);
}

int nvmlDeviceGetCurrPcieLinkWidth(struct nvmlDevice_st *device, unsigned *value)
{
	return pcie(device, "DeviceGetCurrPcieLinkWidth", 1, value);
}

int nvmlDeviceGetMaxPcieLinkGeneration(struct nvmlDevice_st *device, unsigned *value)
{
	return pcie(device, "DeviceGetMaxPcieLinkGeneration", 2, value);
}

int nvmlDeviceGetMaxPcieLinkWidth(struct nvmlDevice_st *device, unsigned *value)
{
	return pcie(device, "DeviceGetMaxPcieLinkWidth", 3, value);
}

int nvmlDeviceGetPcieReplayCounter(struct nvmlDevice_st *device, unsigned *value)
{
	return pcie(device, "DeviceGetPcieReplayCounter", 4, value);
}

/* "links 111101": one letter a link, 1 is up. */
int nvmlDeviceGetNvLinkState(struct nvmlDevice_st *device, unsigned link, unsigned *active)
{
	int result = fake_trouble(fake_gpu(device), "DeviceGetNvLinkState");
	char text[256];

	if (result != NVML_SUCCESS)
		return result;
	if (!fake_text(fake_gpu(device), "links", text))
		return NVML_ERROR_NOT_SUPPORTED;
	if (link >= strlen(text))
		return NVML_ERROR_INVALID_ARGUMENT;
	*active = text[link] == '1';
	return NVML_SUCCESS;
}

int nvmlDeviceGetNvLinkVersion(struct nvmlDevice_st *device, unsigned link, unsigned *version)
{
	(void)link;
	return fake_get(device, "DeviceGetNvLinkVersion", "link_version", version, NULL);
}

/* "link_errors LINK COUNTER COUNT": one of them. */
int nvmlDeviceGetNvLinkErrorCounter(struct nvmlDevice_st *device, unsigned link, unsigned counter,
				    unsigned long long *count)
{
	unsigned long long list[FAKE_NUMBERS];
	int result = fake_trouble(fake_gpu(device), "DeviceGetNvLinkErrorCounter");

	*count = 0;
	if (fake_numbers(fake_gpu(device), "link_errors", list) >= 3 && list[0] == link && list[1] == counter)
		*count = list[2];
	return result;
}

/* "fabric STATE STATUS CLIQUE HEALTH_MASK SUMMARY UUID_BYTE"; "fabric_version 2": the newest struct that is taken. */
int nvmlDeviceGetGpuFabricInfoV(struct nvmlDevice_st *device, struct nvmlGpuFabricInfo_v3_st *info)
{
	unsigned long long list[FAKE_NUMBERS] = {0}, newest[FAKE_NUMBERS] = {3};
	int gpu = fake_gpu(device), result = fake_trouble(gpu, "DeviceGetGpuFabricInfoV");

	if (result != NVML_SUCCESS)
		return result;
	(void)fake_numbers(gpu, "fabric_version", newest);
	if (info->version != nvmlGpuFabricInfo_v2 && (newest[0] < 3 || info->version != nvmlGpuFabricInfo_v3))
		return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
	if (!fake_numbers(gpu, "fabric", list))
		return NVML_ERROR_NOT_SUPPORTED;
	info->state = (unsigned char)list[0];
	info->status = (unsigned)list[1];
	info->cliqueId = (unsigned)list[2];
	info->healthMask = (unsigned)list[3];
	memset(info->clusterUuid, (int)list[5], sizeof(info->clusterUuid));
	if (info->version == nvmlGpuFabricInfo_v3)
		info->healthSummary = (unsigned char)list[4];
	return NVML_SUCCESS;
}
