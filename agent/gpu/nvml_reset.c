/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A card as after power on: persistence off, nobody uses it, the driver lets go of it, the kernel resets it, the driver takes it again, NVML answers. A
 * driver whose card is in use does not let go: the kernel would wait for ever. Hence the refusal before.
 */
#include "agent/gpu/nvml_reset.h"
#include "agent/gpu/nvml_users.h"
#include "agent/hw/pci/reset.h"
#include "agent/hw/transport.h"

#define ANSWER_NS \
	(90ull * 1000 * 1000 * 1000) /* after the reset; a card of Hopper's size takes about ten seconds */
#define ANSWER_PAUSE_MS 500

/* What NVML lets go of when it is closed, and the driver then too. */
static int leave_persistence(const struct nvml *nvml, struct nvmlDevice_st *device, struct err *err)
{
	char words[NVML_WORDS_MAX];
	unsigned on = 0;
	int result;

	if (!nvml->DeviceGetPersistenceMode || !nvml->DeviceSetPersistenceMode ||
	    nvml->DeviceGetPersistenceMode(device, &on) != NVML_SUCCESS || !on)
		return 0;
	result = nvml->DeviceSetPersistenceMode(device, 0);
	if (result != NVML_SUCCESS)
		return err_set(err, EBUSY, "persistence cannot be switched off: NVML: %s (%d)",
			       nvml_words(nvml, result, words), result);
	return 0;
}

/* A card that is lost has no handle any more, and is reset all the same. */
static int prepare(const struct gpu_host *host, const char *pci, struct err *err)
{
	_cleanup_(nvml_closep) struct nvml *nvml = NULL;
	struct nvmlDevice_st *device = NULL;
	int r = nvml_open(host, &nvml, err);

	if (r < 0)
		return r;
	if (nvml_device(nvml, pci, &device) != NVML_SUCCESS)
		return 0;
	r = leave_persistence(nvml, device, err);
	return r < 0 ? r : nvml_no_processes(nvml, device, err);
}

static int answers(const struct gpu_host *host, const char *pci, struct err *err)
{
	_cleanup_(nvml_closep) struct nvml *nvml = NULL;
	struct nvmlDevice_st *device = NULL;
	char words[NVML_WORDS_MAX];
	int result, r = nvml_open(host, &nvml, err);

	if (r < 0)
		return r;
	result = nvml_device(nvml, pci, &device);
	if (result != NVML_SUCCESS)
		return err_set(err, EIO, "NVML: %s (%d)", nvml_words(nvml, result, words), result);
	return 0;
}

static int await_answer(const struct gpu_host *host, const char *pci, struct err *err)
{
	const struct device_transport *clock = device_transport();
	uint64_t until = clock->now_ns() + ANSWER_NS;

	while (answers(host, pci, err) < 0) {
		if (clock->now_ns() >= until)
			return err_prepend(err, "it was reset and does not come back");
		clock->pause(ANSWER_PAUSE_MS);
	}
	return 0;
}

int nvml_reset(const struct gpu_host *host, const struct gpu *gpu, json_t **ret, struct err *err)
{
	struct pci_reset reset = {0};
	int r = prepare(host, gpu->pci, err);

	if (r == 0)
		r = nvml_no_users(host->root, gpu->pci, err);
	if (r == 0)
		r = pci_reset(host->root, gpu->pci, &reset, err);
	if (r == 0)
		r = await_answer(host, gpu->pci, err);
	if (r < 0)
		return r;
	*ret = json_pack("{s:s, s:f}", "method", reset.method, "seconds", reset.seconds);
	return 0;
}
