/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/gpu/cuda_device.h"

#include <ctype.h>
#include <string.h>

#include "core/json.h"

#define MODEL_MAX 96
#define CORES_MAX 65535 /* no GPU has as many; a larger word is not believed */

static int attribute(const struct cuda *cuda, int which, int device)
{
	int value = 0;

	return cuda->device_attribute(&value, which, device) == CUDA_SUCCESS && value > 0 ? value : 0;
}

/* Both edges of the clock carry data; CUDA gives it so for each kind of memory. */
static uint64_t peak_rate(const struct cuda *cuda, int device)
{
	uint64_t khz = (uint64_t)attribute(cuda, CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE, device);
	uint64_t bits = (uint64_t)attribute(cuda, CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH, device);

	return 2 * khz * 1000 * (bits / 8);
}

/* In MIG mode CUDA gives an instance for the card, whose own UUID only the newer call tells. */
static bool is_instance(const struct cuda *cuda, int device)
{
	struct CUuuid_st card = {}, seen = {};

	if (!cuda->device_uuid_v2 || cuda->device_uuid(&card, device) != CUDA_SUCCESS ||
	    cuda->device_uuid_v2(&seen, device) != CUDA_SUCCESS)
		return false;
	return memcmp(&card, &seen, sizeof(card)) != 0;
}

static int refuse(const struct cuda *cuda, int device, struct err *err)
{
	if (is_instance(cuda, device))
		return err_set(err, EBUSY,
			       "MIG mode is on: CUDA reaches single instances, not the whole card; turn it "
			       "off first");
	if (attribute(cuda, CU_DEVICE_ATTRIBUTE_INTEGRATED, device))
		return err_set(err, ENOTSUP, "it has no memory of its own, but shares the machine's");
	return 0;
}

int cuda_device_find(const struct cuda *cuda, const char *pci, struct cuda_device *ret, struct err *err)
{
	struct cuda_device found = {};
	size_t memory = 0;
	int cores, r = cuda->device_by_pci(&found.id, pci);

	if (r != CUDA_SUCCESS)
		return cuda_err(cuda, err, r, "CUDA does not open it");
	r = refuse(cuda, found.id, err);
	if (r < 0)
		return r;
	r = cuda->device_memory(&memory, found.id);
	if (r != CUDA_SUCCESS)
		return cuda_err(cuda, err, r, "CUDA does not say how much memory it has");
	found.memory = memory;
	found.peak_rate = peak_rate(cuda, found.id);
	cores = attribute(cuda, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, found.id);
	found.cores = cores < 1 || cores > CORES_MAX ? 1 : (unsigned)cores;
	*ret = found;
	return 0;
}

static bool is_among(const json_t *list, const char *pci)
{
	const json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item)
		if (!strcmp(json_string_value(json_object_get(item, "pci")) ?: "", pci))
			return true;
	return false;
}

static int add(const struct cuda *cuda, int ordinal, json_t *list, struct err *err)
{
	char pci[16] = "", model[MODEL_MAX] = "";
	int device, r = cuda->device_get(&device, ordinal);

	if (r == CUDA_SUCCESS)
		r = cuda->device_pci(pci, sizeof(pci) - 1, device);
	if (r == CUDA_SUCCESS)
		r = cuda->device_name(model, sizeof(model) - 1, device);
	if (r != CUDA_SUCCESS)
		return cuda_err(cuda, err, r, "CUDA's GPU number %d", ordinal);
	for (char *p = pci; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	if (!is_among(list, pci)) /* instances of one card */
		json_array_append_new(list, json_pack("{s:s, s:s}", "pci", pci, "model", model));
	return 0;
}

int cuda_device_list(const struct cuda *cuda, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *list = json_array();
	int count = 0, r = cuda->device_count(&count);

	if (r != CUDA_SUCCESS)
		return cuda_err(cuda, err, r, "CUDA does not count the GPUs");
	for (int i = 0; i < count && json_array_size(list) < GPU_MAX; i++)
		if (add(cuda, i, list, err) < 0)
			return -err->code;
	*ret = json_pack("{s:O}", "gpus", list);
	return *ret ? 0 : err_set(err, ENOMEM, "the list of GPUs");
}
