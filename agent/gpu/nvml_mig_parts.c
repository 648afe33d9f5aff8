/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/gpu/nvml_mig_parts.h"

#define COMPUTES_MAX 16 /* in one part; today's have at most 8 */

static bool can_make(const struct nvml *nvml)
{
	return nvml->DeviceCreateGpuInstance && nvml->GpuInstanceDestroy &&
	       nvml->GpuInstanceGetComputeInstanceProfileInfo && nvml->GpuInstanceCreateComputeInstance &&
	       nvml->GpuInstanceGetComputeInstances && nvml->ComputeInstanceDestroy;
}

/* The compute profile that takes the whole part. */
static int whole_profile(const struct nvml *nvml, struct nvmlGpuInstance_st *instance, unsigned slices,
			 unsigned *ret)
{
	for (unsigned i = 0; i < NVML_COMPUTE_INSTANCE_PROFILES_TRIED; i++) {
		struct nvmlComputeInstanceProfileInfo_st info = {0};
		int result = nvml->GpuInstanceGetComputeInstanceProfileInfo(
			instance, i, NVML_COMPUTE_INSTANCE_ENGINE_PROFILE_SHARED, &info);

		if (result == NVML_ERROR_NOT_SUPPORTED || result == NVML_ERROR_INVALID_ARGUMENT)
			continue;
		if (result != NVML_SUCCESS)
			return result;
		if (info.sliceCount == slices) {
			*ret = info.id;
			return NVML_SUCCESS;
		}
	}
	return NVML_ERROR_NOT_FOUND;
}

int nvml_mig_make_part(const struct nvml *nvml, struct nvmlDevice_st *device,
		       const struct nvml_mig_profile *profile)
{
	struct nvmlGpuInstance_st *instance = NULL;
	struct nvmlComputeInstance_st *compute = NULL;
	unsigned id;
	int result;

	if (!can_make(nvml))
		return NVML_ERROR_NOT_SUPPORTED;
	result = nvml->DeviceCreateGpuInstance(device, profile->id, &instance);
	if (result != NVML_SUCCESS)
		return result;
	if (!instance)
		return NVML_ERROR_NOT_FOUND;
	result = whole_profile(nvml, instance, profile->slices, &id);
	if (result == NVML_SUCCESS)
		result = nvml->GpuInstanceCreateComputeInstance(instance, id, &compute);
	if (result != NVML_SUCCESS)
		(void)nvml->GpuInstanceDestroy(instance);
	return result;
}

/* ---- away with them ---- */

/* Those of one profile; NVML_ERROR_NOT_SUPPORTED where there is no such profile. */
static int computes_of(const struct nvml *nvml, struct nvmlGpuInstance_st *instance, unsigned profile,
		       struct nvmlComputeInstance_st *list[COMPUTES_MAX], unsigned *count)
{
	struct nvmlComputeInstanceProfileInfo_st info = {0};
	int result = nvml->GpuInstanceGetComputeInstanceProfileInfo(
		instance, profile, NVML_COMPUTE_INSTANCE_ENGINE_PROFILE_SHARED, &info);

	if (result == NVML_ERROR_INVALID_ARGUMENT)
		return NVML_ERROR_NOT_SUPPORTED;
	if (result != NVML_SUCCESS)
		return result;
	*count = COMPUTES_MAX;
	result = nvml->GpuInstanceGetComputeInstances(instance, info.id, list, count);
	return result == NVML_SUCCESS && *count > COMPUTES_MAX ? NVML_ERROR_INSUFFICIENT_SIZE : result;
}

static int destroy_part(const struct nvml *nvml, struct nvmlGpuInstance_st *instance)
{
	for (unsigned i = 0; i < NVML_COMPUTE_INSTANCE_PROFILES_TRIED; i++) {
		struct nvmlComputeInstance_st *list[COMPUTES_MAX] = {0};
		unsigned count = 0;
		int result = computes_of(nvml, instance, i, list, &count);

		if (result == NVML_ERROR_NOT_SUPPORTED)
			continue;
		for (unsigned k = 0; result == NVML_SUCCESS && k < count; k++)
			result = list[k] ? nvml->ComputeInstanceDestroy(list[k]) : NVML_ERROR_NOT_FOUND;
		if (result != NVML_SUCCESS)
			return result;
	}
	return nvml->GpuInstanceDestroy(instance);
}

int nvml_mig_destroy_parts(const struct nvml *nvml, const struct nvml_mig_instances *instances)
{
	int result = instances->n && !can_make(nvml) ? NVML_ERROR_NOT_SUPPORTED : NVML_SUCCESS;

	for (unsigned i = 0; result == NVML_SUCCESS && i < instances->n; i++)
		result = destroy_part(nvml, instances->list[i].handle);
	return result;
}

/* ---- what they are ---- */

static bool is_whole(const struct nvml *nvml, const struct nvml_mig_instance *instance)
{
	unsigned id = 0, count = COMPUTES_MAX;
	struct nvmlComputeInstance_st *list[COMPUTES_MAX] = {0};

	return whole_profile(nvml, instance->handle, instance->profile->slices, &id) == NVML_SUCCESS &&
	       nvml->GpuInstanceGetComputeInstances(instance->handle, id, list, &count) == NVML_SUCCESS &&
	       count == 1;
}

bool nvml_mig_are_whole(const struct nvml *nvml, const struct nvml_mig_instances *instances)
{
	if (instances->n && !can_make(nvml))
		return false;
	for (unsigned i = 0; i < instances->n; i++)
		if (!is_whole(nvml, &instances->list[i]))
			return false;
	return true;
}
