/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MIG. "profile.N ID SLICES NAME" is what a GPU can be divided into; it has seven slices. "parts ID:START:COMPUTE ..." is what it is divided into, COMPUTE
 * being the slices of the compute instance in it, 0 for none. A part's handle is made of its GPU and its place in that list.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fakes/nvml/fake.h"

enum { SLICES = 7, PARTS = 8, HANDLES = 0x100000 };

struct part {
	unsigned profile, start, compute;
};

struct division {
	struct part list[PARTS];
	unsigned n;
};

static void read_parts(int gpu, struct division *ret)
{
	char text[256], *at = text;
	int used;

	ret->n = 0;
	if (!fake_text(gpu, "parts", text))
		return;
	for (; ret->n < PARTS; ret->n++, at += used) {
		struct part *p = &ret->list[ret->n];

		if (sscanf(at, " %u:%u:%u%n", &p->profile, &p->start, &p->compute, &used) != 3)
			return;
	}
}

static void write_parts(int gpu, const struct division *parts)
{
	char text[256] = "";

	for (unsigned i = 0; i < parts->n; i++) {
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, "%s%u:%u:%u", i ? " " : "", parts->list[i].profile,
			 parts->list[i].start, parts->list[i].compute);
	}
	fake_write(gpu, "parts", "%s", text);
}

/* ID, slices, name of the profile with this number. */
static bool read_profile(int gpu, unsigned number, unsigned *id, unsigned *slices, char name[96])
{
	char key[32], text[256];

	snprintf(key, sizeof(key), "profile.%u", number);
	return fake_text(gpu, key, text) && sscanf(text, "%u %u %95[^\n]", id, slices, name) == 3;
}

static unsigned slices_of(int gpu, unsigned profile)
{
	unsigned id, slices;
	char name[96];

	for (unsigned i = 0; i < 32; i++)
		if (read_profile(gpu, i, &id, &slices, name) && id == profile)
			return slices;
	return 0;
}

int nvmlDeviceGetGpuInstanceProfileInfoV(struct nvmlDevice_st *device, unsigned profile,
					 struct nvmlGpuInstanceProfileInfo_v2_st *info)
{
	int gpu = fake_gpu(device), result = fake_trouble(gpu, "DeviceGetGpuInstanceProfileInfoV");

	if (result != NVML_SUCCESS)
		return result;
	if (info->version != nvmlGpuInstanceProfileInfo_v2)
		return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
	if (!read_profile(gpu, profile, &info->id, &info->sliceCount, info->name))
		return profile > 16 ? NVML_ERROR_INVALID_ARGUMENT : NVML_ERROR_NOT_SUPPORTED;
	return NVML_SUCCESS;
}

static struct nvmlGpuInstance_st *handle(int gpu, unsigned place)
{
	return (struct nvmlGpuInstance_st *)(uintptr_t)(HANDLES + (unsigned)gpu * PARTS + place);
}

static int handle_gpu(const struct nvmlGpuInstance_st *instance, unsigned *place)
{
	uintptr_t n = (uintptr_t)instance - HANDLES;

	*place = n % PARTS;
	return (int)(n / PARTS);
}

/* "instances N": a count that is not true. */
int nvmlDeviceGetGpuInstances(struct nvmlDevice_st *device, unsigned profile_id,
			      struct nvmlGpuInstance_st **instances, unsigned *count)
{
	int gpu = fake_gpu(device), result = fake_trouble(gpu, "DeviceGetGpuInstances");
	unsigned long long list[FAKE_NUMBERS];
	struct division parts;

	if (result != NVML_SUCCESS)
		return result;
	read_parts(gpu, &parts);
	*count = 0;
	for (unsigned i = 0; i < parts.n; i++)
		if (parts.list[i].profile == profile_id)
			instances[(*count)++] = handle(gpu, i);
	if (fake_numbers(gpu, "instances", list))
		*count = (unsigned)list[0];
	return NVML_SUCCESS;
}

int nvmlGpuInstanceGetInfo(struct nvmlGpuInstance_st *instance, struct nvmlGpuInstanceInfo_st *info)
{
	struct division parts;
	unsigned place;

	read_parts(handle_gpu(instance, &place), &parts);
	*info = (struct nvmlGpuInstanceInfo_st){.id = place + 1, .profileId = parts.list[place].profile};
	info->placement.start = parts.list[place].start;
	return NVML_SUCCESS;
}

int nvmlDeviceCreateGpuInstance(struct nvmlDevice_st *device, unsigned profile_id,
				struct nvmlGpuInstance_st **instance)
{
	int gpu = fake_gpu(device), result = fake_trouble(gpu, "DeviceCreateGpuInstance");
	struct division parts;
	unsigned start = 0;

	if (result != NVML_SUCCESS)
		return result;
	read_parts(gpu, &parts);
	for (unsigned i = 0; i < parts.n; i++)
		start += slices_of(gpu, parts.list[i].profile);
	if (parts.n == PARTS || start + slices_of(gpu, profile_id) > SLICES)
		return NVML_ERROR_INSUFFICIENT_RESOURCES;
	*instance = handle(gpu, parts.n);
	parts.list[parts.n++] = (struct part){profile_id, start, 0};
	if (!fake_lies(gpu, "DeviceCreateGpuInstance"))
		write_parts(gpu, &parts);
	return NVML_SUCCESS;
}

int nvmlGpuInstanceDestroy(struct nvmlGpuInstance_st *instance)
{
	unsigned place;
	int gpu = handle_gpu(instance, &place), result = fake_trouble(gpu, "GpuInstanceDestroy");
	struct division parts;

	if (result != NVML_SUCCESS)
		return result;
	read_parts(gpu, &parts);
	if (parts.list[place].compute)
		return NVML_ERROR_IN_USE;
	parts.list[place].profile = 0; /* the places of the others stay: their handles are held */
	for (unsigned i = 0; i < parts.n; i++)
		if (parts.list[i].profile) {
			write_parts(gpu, &parts);
			return NVML_SUCCESS;
		}
	parts.n = 0;
	write_parts(gpu, &parts);
	return NVML_SUCCESS;
}

/* A compute profile for each number of slices up to the part's; its ID is that number. */
int nvmlGpuInstanceGetComputeInstanceProfileInfo(struct nvmlGpuInstance_st *instance, unsigned profile,
						 unsigned engine_profile,
						 struct nvmlComputeInstanceProfileInfo_st *info)
{
	struct division parts;
	unsigned place;
	int gpu = handle_gpu(instance, &place);

	(void)engine_profile;
	read_parts(gpu, &parts);
	if (profile >= slices_of(gpu, parts.list[place].profile))
		return profile > 7 ? NVML_ERROR_INVALID_ARGUMENT : NVML_ERROR_NOT_SUPPORTED;
	*info = (struct nvmlComputeInstanceProfileInfo_st){.id = profile + 1, .sliceCount = profile + 1};
	return NVML_SUCCESS;
}

int nvmlGpuInstanceGetComputeInstances(struct nvmlGpuInstance_st *instance, unsigned profile_id,
				       struct nvmlComputeInstance_st **instances, unsigned *count)
{
	struct division parts;
	unsigned place;

	read_parts(handle_gpu(instance, &place), &parts);
	*count = parts.list[place].compute == profile_id;
	if (*count)
		instances[0] = (struct nvmlComputeInstance_st *)instance;
	return NVML_SUCCESS;
}

static void put_compute(struct nvmlGpuInstance_st *instance, unsigned compute)
{
	struct division parts;
	unsigned place;
	int gpu = handle_gpu(instance, &place);

	read_parts(gpu, &parts);
	parts.list[place].compute = compute;
	write_parts(gpu, &parts);
}

int nvmlGpuInstanceCreateComputeInstance(struct nvmlGpuInstance_st *instance, unsigned profile_id,
					 struct nvmlComputeInstance_st **ret)
{
	unsigned place;
	int gpu = handle_gpu(instance, &place),
	    result = fake_trouble(gpu, "GpuInstanceCreateComputeInstance");

	if (result != NVML_SUCCESS)
		return result;
	put_compute(instance, profile_id);
	*ret = (struct nvmlComputeInstance_st *)instance;
	return NVML_SUCCESS;
}

int nvmlComputeInstanceDestroy(struct nvmlComputeInstance_st *instance)
{
	unsigned place;
	int result = fake_trouble(handle_gpu((struct nvmlGpuInstance_st *)instance, &place),
				  "ComputeInstanceDestroy");

	if (result == NVML_SUCCESS)
		put_compute((struct nvmlGpuInstance_st *)instance, 0);
	return result;
}
