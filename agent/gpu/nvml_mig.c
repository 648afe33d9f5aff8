/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "agent/gpu/nvml_mig.h"
#include "agent/hw/sysfs.h"

#define NAME_PREFIX "MIG "

static void take_name(struct nvml_mig_profile *profile, const char name[NVML_DEVICE_NAME_V2_BUFFER_SIZE])
{
	size_t len = strnlen(name, NVML_DEVICE_NAME_V2_BUFFER_SIZE), prefix = strlen(NAME_PREFIX);

	if (!strncmp(name, NAME_PREFIX, prefix)) {
		name += prefix;
		len -= prefix;
	}
	text_clean(profile->name, sizeof(profile->name), name, len);
}

int nvml_mig_profiles(const struct nvml *nvml, struct nvmlDevice_st *device, struct nvml_mig_profiles *ret)
{
	ret->n = 0;
	if (!nvml->DeviceGetGpuInstanceProfileInfoV)
		return NVML_ERROR_NOT_SUPPORTED;
	for (unsigned i = 0; i < NVML_GPU_INSTANCE_PROFILES_TRIED; i++) {
		struct nvmlGpuInstanceProfileInfo_v2_st info = {.version = nvmlGpuInstanceProfileInfo_v2};
		int result = nvml->DeviceGetGpuInstanceProfileInfoV(device, i, &info);

		if (result == NVML_ERROR_NOT_SUPPORTED || result == NVML_ERROR_INVALID_ARGUMENT)
			continue; /* this card has not this one, or NVML does not know it */
		if (result != NVML_SUCCESS)
			return result;
		ret->list[ret->n] = (struct nvml_mig_profile){.id = info.id, .slices = info.sliceCount};
		take_name(&ret->list[ret->n++], info.name);
	}
	return ret->n ? NVML_SUCCESS : NVML_ERROR_NOT_SUPPORTED;
}

static int by_start(const void *a, const void *b)
{
	const struct nvml_mig_instance *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static int add_instances(const struct nvml *nvml, struct nvmlDevice_st *device,
			 const struct nvml_mig_profile *profile, struct nvml_mig_instances *to)
{
	struct nvmlGpuInstance_st *handles[NVML_MIG_INSTANCES_MAX] = {0};
	unsigned count = NVML_MIG_INSTANCES_MAX;
	int result = nvml->DeviceGetGpuInstances(device, profile->id, handles, &count);

	if (result != NVML_SUCCESS)
		return result;
	if (count > NVML_MIG_INSTANCES_MAX - to->n)
		return NVML_ERROR_INSUFFICIENT_SIZE;
	for (unsigned i = 0; i < count; i++) {
		struct nvmlGpuInstanceInfo_st info = {0};

		if (!handles[i])
			return NVML_ERROR_NOT_FOUND;
		result = nvml->GpuInstanceGetInfo(handles[i], &info);
		if (result != NVML_SUCCESS)
			return result;
		to->list[to->n++] = (struct nvml_mig_instance){handles[i], profile, info.placement.start};
	}
	return NVML_SUCCESS;
}

int nvml_mig_instances(const struct nvml *nvml, struct nvmlDevice_st *device,
		       const struct nvml_mig_profiles *profiles, struct nvml_mig_instances *ret)
{
	ret->n = 0;
	if (!nvml->DeviceGetGpuInstances || !nvml->GpuInstanceGetInfo)
		return NVML_ERROR_NOT_SUPPORTED;
	for (unsigned i = 0; i < profiles->n; i++) {
		int result = add_instances(nvml, device, &profiles->list[i], ret);

		if (result != NVML_SUCCESS && result != NVML_ERROR_NOT_SUPPORTED)
			return result;
	}
	qsort(ret->list, ret->n, sizeof(*ret->list), by_start);
	return NVML_SUCCESS;
}

json_t *nvml_mig_names(const struct nvml_mig_instances *instances)
{
	json_t *names = json_array();

	for (unsigned i = 0; i < instances->n; i++)
		json_array_append_new(names, json_string(instances->list[i].profile->name));
	return names;
}
