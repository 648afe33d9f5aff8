/* SPDX-License-Identifier: Apache-2.0 */
/* Opening NVML, and finding a card in it. */
#include <dlfcn.h>
#include <string.h>

#include "agent/gpu/nvml_library.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"

#define LIBRARY_NAME "libnvidia-ml.so.1"

#define SYMBOL(member)                                               \
	{                                                            \
		"nvml" #member, offsetof(struct nvml, member), false \
	}
#define VERSIONED(member, version)                                           \
	{                                                                    \
		"nvml" #member version, offsetof(struct nvml, member), false \
	}
#define NEEDED(member, version)                                             \
	{                                                                   \
		"nvml" #member version, offsetof(struct nvml, member), true \
	}

static const struct symbol {
	const char *name;
	size_t at; /* of the pointer in struct nvml */
	bool needed;
} symbols[] = {
	NEEDED(Init, "_v2"),
	NEEDED(Shutdown, ""),
	NEEDED(ErrorString, ""),
	NEEDED(DeviceGetCount, "_v2"),
	NEEDED(DeviceGetHandleByIndex, "_v2"),
	NEEDED(DeviceGetHandleByPciBusId, "_v2"),
	NEEDED(DeviceGetPciInfo, "_v3"),
	SYMBOL(SystemGetDriverVersion),
	SYMBOL(DeviceGetName),
	SYMBOL(DeviceGetSerial),
	SYMBOL(DeviceGetUUID),
	SYMBOL(DeviceGetVbiosVersion),
	SYMBOL(DeviceGetInforomImageVersion),
	SYMBOL(DeviceValidateInforom),
	SYMBOL(DeviceGetMemoryInfo),
	SYMBOL(DeviceGetPersistenceMode),
	SYMBOL(DeviceSetPersistenceMode),
	SYMBOL(DeviceGetEccMode),
	SYMBOL(DeviceGetDefaultEccMode),
	SYMBOL(DeviceSetEccMode),
	SYMBOL(DeviceGetMigMode),
	SYMBOL(DeviceSetMigMode),
	SYMBOL(DeviceGetComputeMode),
	SYMBOL(DeviceSetComputeMode),
	SYMBOL(DeviceGetPowerManagementLimit),
	SYMBOL(DeviceGetPowerManagementDefaultLimit),
	SYMBOL(DeviceGetPowerManagementLimitConstraints),
	SYMBOL(DeviceSetPowerManagementLimit),
	SYMBOL(DeviceGetClockInfo),
	SYMBOL(DeviceGetMaxClockInfo),
	SYMBOL(DeviceSetGpuLockedClocks),
	SYMBOL(DeviceResetGpuLockedClocks),
	SYMBOL(DeviceSetMemoryLockedClocks),
	SYMBOL(DeviceResetMemoryLockedClocks),
	SYMBOL(DeviceGetGpuInstanceProfileInfoV),
	SYMBOL(DeviceGetGpuInstances),
	SYMBOL(GpuInstanceGetInfo),
	SYMBOL(DeviceCreateGpuInstance),
	SYMBOL(GpuInstanceDestroy),
	SYMBOL(GpuInstanceGetComputeInstanceProfileInfo),
	SYMBOL(GpuInstanceGetComputeInstances),
	SYMBOL(GpuInstanceCreateComputeInstance),
	SYMBOL(ComputeInstanceDestroy),
	SYMBOL(DeviceGetTemperature),
	SYMBOL(DeviceGetCurrentClocksThrottleReasons),
	SYMBOL(DeviceGetRemappedRows),
	SYMBOL(DeviceGetRetiredPages),
	SYMBOL(DeviceGetRetiredPagesPendingStatus),
	SYMBOL(DeviceGetTotalEccErrors),
	SYMBOL(DeviceGetSramEccErrorStatus),
	SYMBOL(DeviceGetRepairStatus),
	SYMBOL(DeviceGetFieldValues),
	SYMBOL(DeviceGetNvLinkState),
	SYMBOL(DeviceGetNvLinkVersion),
	SYMBOL(DeviceGetNvLinkErrorCounter),
	SYMBOL(DeviceGetGpuFabricInfoV),
	SYMBOL(DeviceGetCurrPcieLinkGeneration),
	SYMBOL(DeviceGetMaxPcieLinkGeneration),
	SYMBOL(DeviceGetCurrPcieLinkWidth),
	SYMBOL(DeviceGetMaxPcieLinkWidth),
	SYMBOL(DeviceGetPcieReplayCounter),
	VERSIONED(DeviceGetComputeRunningProcesses, "_v3"),
	VERSIONED(DeviceGetGraphicsRunningProcesses, "_v3"),
};

/* ---- texts ---- */

const char *nvml_words(const struct nvml *nvml, int result, char text[NVML_WORDS_MAX])
{
	const char *words = nvml->ErrorString(result);

	if (!words)
		words = "no words for it";
	text_clean(text, NVML_WORDS_MAX, words, strnlen(words, NVML_WORDS_MAX));
	return text;
}

/* ---- the library ---- */

static int find_symbols(struct nvml *nvml, struct err *err)
{
	for (size_t i = 0; i < sizeof(symbols) / sizeof(*symbols); i++) {
		void *found = dlsym(nvml->handle, symbols[i].name);

		if (!found && symbols[i].needed)
			return err_set(err, ENOSYS, "%s has no %s: it is no NVML that can be used",
				       nvml->path, symbols[i].name);
		memcpy((char *)nvml + symbols[i].at, &found, sizeof(found));
	}
	return 0;
}

static bool try_path(struct nvml *nvml, const char *folder)
{
	if (folder)
		snprintf(nvml->path, sizeof(nvml->path), "%s/" LIBRARY_NAME, folder);
	else
		snprintf(nvml->path, sizeof(nvml->path), LIBRARY_NAME);
	nvml->handle = dlopen(nvml->path, RTLD_NOW | RTLD_LOCAL);
	return nvml->handle;
}

static int open_library(struct nvml *nvml, const struct gpu_host *host, struct err *err)
{
	char why[256] = "";

	for (const char *const *folder = host->libraries; folder && *folder; folder++) {
		if (access(*folder, F_OK) < 0)
			continue;
		if (try_path(nvml, *folder))
			return 0;
		snprintf(why, sizeof(why), "%s", dlerror());
	}
	if (try_path(nvml, NULL))
		return 0;
	return err_set(err, ENOENT, LIBRARY_NAME " cannot be opened: %s; it comes with NVIDIA's driver",
		       *why ? why : dlerror());
}

static int initialise(struct nvml *nvml, struct err *err)
{
	char words[NVML_WORDS_MAX];
	int result = nvml->Init();

	if (result == NVML_SUCCESS)
		return 0;
	nvml->Shutdown = NULL;
	nvml_words(nvml, result, words);
	if (result == NVML_ERROR_LIB_RM_VERSION_MISMATCH)
		return err_set(err, EPROTO,
			       "NVML does not start: %s; %s and the kernel's driver must be of one version",
			       words, nvml->path);
	return err_set(err, ENODEV, "NVML does not start: %s (%d)", words, result);
}

int nvml_open(const struct gpu_host *host, struct nvml **ret, struct err *err)
{
	_cleanup_(nvml_closep) struct nvml *nvml = xcalloc(1, sizeof(*nvml));
	int r = open_library(nvml, host, err);

	if (r < 0)
		return r;
	r = find_symbols(nvml, err);
	if (r < 0) {
		nvml->Shutdown = NULL;
		return r;
	}
	r = initialise(nvml, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(nvml);
	return 0;
}

void nvml_close(struct nvml *nvml)
{
	if (nvml->Shutdown)
		nvml->Shutdown();
	if (nvml->handle)
		dlclose(nvml->handle);
	free(nvml);
}

/* ---- cards ---- */

int nvml_device(const struct nvml *nvml, const char *pci, struct nvmlDevice_st **ret)
{
	struct nvmlDevice_st *device = NULL;
	int result = nvml->DeviceGetHandleByPciBusId(pci, &device);

	if (result == NVML_SUCCESS && !device)
		return NVML_ERROR_NOT_FOUND;
	*ret = device;
	return result;
}

/* False for a card that NVML counts and then does not describe. */
static bool describe(struct nvml *nvml, unsigned index, struct gpu *gpu)
{
	struct nvmlDevice_st *device = NULL;
	struct nvmlPciInfo_st pci = {0};

	if (nvml->DeviceGetHandleByIndex(index, &device) != NVML_SUCCESS || !device ||
	    nvml->DeviceGetPciInfo(device, &pci) != NVML_SUCCESS || pci.domain > 0xffff || pci.bus > 0xff ||
	    pci.device > 0x1f)
		return false;
	snprintf(gpu->pci, sizeof(gpu->pci), "%04x:%02x:%02x.0", pci.domain & 0xffff, pci.bus & 0xff,
		 pci.device & 0x1f);
	gpu->vendor = GPU_VENDOR_NVIDIA;
	gpu->device = pci.pciDeviceId >> 16;
	snprintf(gpu->driver, sizeof(gpu->driver), "nvidia");
	return true;
}

int nvml_list(const struct gpu_host *host, struct gpu **ret, unsigned *ret_n, unsigned *ret_silent,
	      struct err *err)
{
	_cleanup_(nvml_closep) struct nvml *nvml = NULL;
	struct gpu *list;
	char words[NVML_WORDS_MAX];
	unsigned count = 0, n = 0;
	int result, r = nvml_open(host, &nvml, err);

	if (r < 0)
		return r;
	result = nvml->DeviceGetCount(&count);
	if (result != NVML_SUCCESS)
		return err_set(err, ENODEV, "NVML counts no GPUs: %s", nvml_words(nvml, result, words));
	list = xcalloc(GPU_MAX, sizeof(*list));
	if (count > GPU_MAX)
		count = GPU_MAX;
	for (unsigned i = 0; i < count; i++)
		n += describe(nvml, i, &list[n]);
	*ret_silent = count - n;
	*ret = list;
	*ret_n = n;
	return 0;
}
