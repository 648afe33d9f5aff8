/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NVML, opened at run time: a machine without the driver runs the same program. What it answers is not trusted: texts get room that NVML is not
 * told of, and counts are bounded.
 */
#ifndef AGENT_GPU_NVML_LIBRARY_H
#define AGENT_GPU_NVML_LIBRARY_H

#include "agent/gpu/gpu.h"
#include "agent/gpu/nvml_spec.h"

/* Its calls, by their names without "nvml". NULL: this library has it not (only those that nvml_library.c marks as needed are always there). */
struct nvml {
	void *handle;
	char path[512]; /* as it was opened */

	int (*Init)(void);
	int (*Shutdown)(void);
	const char *(*ErrorString)(int result);
	int (*SystemGetDriverVersion)(char *version, unsigned length);
	int (*DeviceGetCount)(unsigned *count);
	int (*DeviceGetHandleByIndex)(unsigned index, struct nvmlDevice_st **device);
	int (*DeviceGetHandleByPciBusId)(const char *id, struct nvmlDevice_st **device);
	int (*DeviceGetPciInfo)(struct nvmlDevice_st *device, struct nvmlPciInfo_st *pci);

	/* what the card is */
	int (*DeviceGetName)(struct nvmlDevice_st *device, char *name, unsigned length);
	int (*DeviceGetSerial)(struct nvmlDevice_st *device, char *serial, unsigned length);
	int (*DeviceGetUUID)(struct nvmlDevice_st *device, char *uuid, unsigned length);
	int (*DeviceGetVbiosVersion)(struct nvmlDevice_st *device, char *version, unsigned length);
	int (*DeviceGetInforomImageVersion)(struct nvmlDevice_st *device, char *version, unsigned length);
	int (*DeviceValidateInforom)(struct nvmlDevice_st *device);
	int (*DeviceGetMemoryInfo)(struct nvmlDevice_st *device, struct nvmlMemory_st *memory);

	/* what it is set to */
	int (*DeviceGetPersistenceMode)(struct nvmlDevice_st *device, unsigned *mode);
	int (*DeviceSetPersistenceMode)(struct nvmlDevice_st *device, unsigned mode);
	int (*DeviceGetEccMode)(struct nvmlDevice_st *device, unsigned *current, unsigned *pending);
	int (*DeviceGetDefaultEccMode)(struct nvmlDevice_st *device, unsigned *mode);
	int (*DeviceSetEccMode)(struct nvmlDevice_st *device, unsigned mode);
	int (*DeviceGetMigMode)(struct nvmlDevice_st *device, unsigned *current, unsigned *pending);
	int (*DeviceSetMigMode)(struct nvmlDevice_st *device, unsigned mode, int *activation);
	int (*DeviceGetComputeMode)(struct nvmlDevice_st *device, unsigned *mode);
	int (*DeviceSetComputeMode)(struct nvmlDevice_st *device, unsigned mode);
	int (*DeviceGetPowerManagementLimit)(struct nvmlDevice_st *device, unsigned *milliwatts);
	int (*DeviceGetPowerManagementDefaultLimit)(struct nvmlDevice_st *device, unsigned *milliwatts);
	int (*DeviceGetPowerManagementLimitConstraints)(struct nvmlDevice_st *device, unsigned *min,
							unsigned *max);
	int (*DeviceSetPowerManagementLimit)(struct nvmlDevice_st *device, unsigned milliwatts);
	int (*DeviceGetClockInfo)(struct nvmlDevice_st *device, unsigned type, unsigned *mhz);
	int (*DeviceGetMaxClockInfo)(struct nvmlDevice_st *device, unsigned type, unsigned *mhz);
	int (*DeviceSetGpuLockedClocks)(struct nvmlDevice_st *device, unsigned min_mhz, unsigned max_mhz);
	int (*DeviceResetGpuLockedClocks)(struct nvmlDevice_st *device);
	int (*DeviceSetMemoryLockedClocks)(struct nvmlDevice_st *device, unsigned min_mhz, unsigned max_mhz);
	int (*DeviceResetMemoryLockedClocks)(struct nvmlDevice_st *device);

	/* its parts (MIG) */
	int (*DeviceGetGpuInstanceProfileInfoV)(struct nvmlDevice_st *device, unsigned profile,
						struct nvmlGpuInstanceProfileInfo_v2_st *info);
	int (*DeviceGetGpuInstances)(struct nvmlDevice_st *device, unsigned profile_id,
				     struct nvmlGpuInstance_st **instances, unsigned *count);
	int (*GpuInstanceGetInfo)(struct nvmlGpuInstance_st *instance, struct nvmlGpuInstanceInfo_st *info);
	int (*DeviceCreateGpuInstance)(struct nvmlDevice_st *device, unsigned profile_id,
				       struct nvmlGpuInstance_st **instance);
	int (*GpuInstanceDestroy)(struct nvmlGpuInstance_st *instance);
	int (*GpuInstanceGetComputeInstanceProfileInfo)(struct nvmlGpuInstance_st *instance, unsigned profile,
							unsigned engine_profile,
							struct nvmlComputeInstanceProfileInfo_st *info);
	int (*GpuInstanceGetComputeInstances)(struct nvmlGpuInstance_st *instance, unsigned profile_id,
					      struct nvmlComputeInstance_st **instances, unsigned *count);
	int (*GpuInstanceCreateComputeInstance)(struct nvmlGpuInstance_st *instance, unsigned profile_id,
						struct nvmlComputeInstance_st **ret);
	int (*ComputeInstanceDestroy)(struct nvmlComputeInstance_st *instance);

	/* how it is */
	int (*DeviceGetTemperature)(struct nvmlDevice_st *device, unsigned sensor, unsigned *celsius);
	int (*DeviceGetCurrentClocksThrottleReasons)(struct nvmlDevice_st *device,
						     unsigned long long *reasons);
	int (*DeviceGetRemappedRows)(struct nvmlDevice_st *device, unsigned *correctable,
				     unsigned *uncorrectable, unsigned *pending, unsigned *failure);
	int (*DeviceGetRetiredPages)(struct nvmlDevice_st *device, unsigned cause, unsigned *count,
				     unsigned long long *addresses);
	int (*DeviceGetRetiredPagesPendingStatus)(struct nvmlDevice_st *device, unsigned *pending);
	int (*DeviceGetTotalEccErrors)(struct nvmlDevice_st *device, unsigned type, unsigned counter,
				       unsigned long long *count);
	int (*DeviceGetSramEccErrorStatus)(struct nvmlDevice_st *device,
					   struct nvmlEccSramErrorStatus_v1_st *status);
	int (*DeviceGetRepairStatus)(struct nvmlDevice_st *device, struct nvmlRepairStatus_v1_st *status);
	int (*DeviceGetFieldValues)(struct nvmlDevice_st *device, int count,
				    struct nvmlFieldValue_st *values);
	int (*DeviceGetNvLinkState)(struct nvmlDevice_st *device, unsigned link, unsigned *active);
	int (*DeviceGetNvLinkVersion)(struct nvmlDevice_st *device, unsigned link, unsigned *version);
	int (*DeviceGetNvLinkErrorCounter)(struct nvmlDevice_st *device, unsigned link, unsigned counter,
					   unsigned long long *count);
	int (*DeviceGetGpuFabricInfoV)(struct nvmlDevice_st *device, struct nvmlGpuFabricInfo_v3_st *info);
	int (*DeviceGetCurrPcieLinkGeneration)(struct nvmlDevice_st *device, unsigned *generation);
	int (*DeviceGetMaxPcieLinkGeneration)(struct nvmlDevice_st *device, unsigned *generation);
	int (*DeviceGetCurrPcieLinkWidth)(struct nvmlDevice_st *device, unsigned *lanes);
	int (*DeviceGetMaxPcieLinkWidth)(struct nvmlDevice_st *device, unsigned *lanes);
	int (*DeviceGetPcieReplayCounter)(struct nvmlDevice_st *device, unsigned *count);
	int (*DeviceGetComputeRunningProcesses)(struct nvmlDevice_st *device, unsigned *count,
						struct nvmlProcessInfo_st *processes);
	int (*DeviceGetGraphicsRunningProcesses)(struct nvmlDevice_st *device, unsigned *count,
						 struct nvmlProcessInfo_st *processes);
};

/* Opens and initialises; -ENOENT without the library, -ENODEV without a driver. *ret: nvml_close(). */
int nvml_open(const struct gpu_host *host, struct nvml **ret, struct err *err) _must_check_;
void nvml_close(struct nvml *nvml);
DEFINE_CLEANUP(struct nvml *, nvml_close);

/* The card at this PCI address: nvmlReturn_t. A success without a handle is NVML_ERROR_NOT_FOUND. */
int nvml_device(const struct nvml *nvml, const char *pci, struct nvmlDevice_st **ret) _must_check_;

#define NVML_WORDS_MAX 128
/* A result in NVML's words, cleaned; returns text. */
const char *nvml_words(const struct nvml *nvml, int result, char text[NVML_WORDS_MAX]);
/* The GPUs that NVML knows, at most GPU_MAX; for a system that shows no PCI functions. *ret is malloc'd; *ret_silent: how many NVML counts
 * and does not describe. */
int nvml_list(const struct gpu_host *host, struct gpu **ret, unsigned *ret_n, unsigned *ret_silent,
	      struct err *err) _must_check_;

#endif
