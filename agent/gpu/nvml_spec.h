/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is used of NVML, by its public API reference (docs.nvidia.com/deploy/nvml-api). The names are NVML's. Of a call that has several
 * versions the plainest is taken that tells what is asked. A struct with a version field carries its own size in that field.
 */
#ifndef AGENT_GPU_NVML_SPEC_H
#define AGENT_GPU_NVML_SPEC_H

#include <assert.h>
#include <stddef.h>

struct nvmlDevice_st;          /* opaque: nvmlDevice_t points to it */
struct nvmlGpuInstance_st;     /* nvmlGpuInstance_t */
struct nvmlComputeInstance_st; /* nvmlComputeInstance_t */

/* nvmlReturn_t */
enum {
	NVML_SUCCESS = 0,
	NVML_ERROR_UNINITIALIZED = 1,
	NVML_ERROR_INVALID_ARGUMENT = 2,
	NVML_ERROR_NOT_SUPPORTED = 3,
	NVML_ERROR_NO_PERMISSION = 4,
	NVML_ERROR_NOT_FOUND = 6,
	NVML_ERROR_INSUFFICIENT_SIZE = 7,
	NVML_ERROR_INSUFFICIENT_POWER = 8,
	NVML_ERROR_DRIVER_NOT_LOADED = 9,
	NVML_ERROR_TIMEOUT = 10,
	NVML_ERROR_IRQ_ISSUE = 11,
	NVML_ERROR_CORRUPTED_INFOROM = 14,
	NVML_ERROR_GPU_IS_LOST = 15,
	NVML_ERROR_RESET_REQUIRED = 16,
	NVML_ERROR_OPERATING_SYSTEM = 17,
	NVML_ERROR_LIB_RM_VERSION_MISMATCH = 18,
	NVML_ERROR_IN_USE = 19,
	NVML_ERROR_INSUFFICIENT_RESOURCES = 23,
	NVML_ERROR_ARGUMENT_VERSION_MISMATCH = 25,
	NVML_ERROR_UNKNOWN = 999,
};

/* Bytes, NULs included. */
#define NVML_DEVICE_NAME_V2_BUFFER_SIZE         96
#define NVML_DEVICE_SERIAL_BUFFER_SIZE          30
#define NVML_DEVICE_UUID_V2_BUFFER_SIZE         96
#define NVML_DEVICE_VBIOS_VERSION_BUFFER_SIZE   32
#define NVML_DEVICE_INFOROM_VERSION_BUFFER_SIZE 16
#define NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE  80
#define NVML_DEVICE_PCI_BUS_ID_BUFFER_SIZE      32

struct nvmlPciInfo_st {
	char busIdLegacy[16];
	unsigned domain, bus, device;
	unsigned pciDeviceId; /* device << 16 | vendor */
	unsigned pciSubSystemId;
	char busId[NVML_DEVICE_PCI_BUS_ID_BUFFER_SIZE]; /* "00000000:18:00.0" */
};
static_assert(sizeof(struct nvmlPciInfo_st) == 68, "nvmlPciInfo_t");

struct nvmlMemory_st {
	unsigned long long total, free, used; /* bytes */
};
static_assert(sizeof(struct nvmlMemory_st) == 24, "nvmlMemory_t");

/* As the calls whose names end in _v3 fill it. */
struct nvmlProcessInfo_st {
	unsigned pid;
	unsigned long long usedGpuMemory; /* bytes; all ones: not known */
	unsigned gpuInstanceId, computeInstanceId;
};
static_assert(sizeof(struct nvmlProcessInfo_st) == 24, "nvmlProcessInfo_t");

struct nvmlFieldValue_st {
	unsigned fieldId, scopeId;
	long long timestamp, latencyUsec;
	unsigned valueType; /* nvmlValueType_t */
	unsigned nvmlReturn;
	union {
		double dVal;
		unsigned uiVal;
		unsigned long ulVal;
		unsigned long long ullVal;
		long long sllVal;
	} value;
};
static_assert(sizeof(struct nvmlFieldValue_st) == 40, "nvmlFieldValue_t");

#define NVML_VALUE_TYPE_UNSIGNED_INT        1
#define NVML_FI_DEV_GET_GPU_RECOVERY_ACTION 230

/* nvmlDeviceGpuRecoveryAction_t */
enum {
	NVML_GPU_RECOVERY_ACTION_NONE,
	NVML_GPU_RECOVERY_ACTION_GPU_RESET,
	NVML_GPU_RECOVERY_ACTION_NODE_REBOOT,
	NVML_GPU_RECOVERY_ACTION_DRAIN_P2P,
	NVML_GPU_RECOVERY_ACTION_DRAIN_AND_RESET,
};

struct nvmlEccSramErrorStatus_v1_st {
	unsigned version; /* nvmlEccSramErrorStatus_v1 */
	unsigned long long aggregateUncParity, aggregateUncSecDed, aggregateCor;
	unsigned long long volatileUncParity, volatileUncSecDed, volatileCor;
	unsigned long long aggregateUncBucketL2, aggregateUncBucketSm, aggregateUncBucketPcie;
	unsigned long long aggregateUncBucketMcu, aggregateUncBucketOther;
	unsigned bThresholdExceeded;
};
static_assert(sizeof(struct nvmlEccSramErrorStatus_v1_st) == 104, "nvmlEccSramErrorStatus_v1_t");
#define nvmlEccSramErrorStatus_v1 (104u | 1u << 24)

struct nvmlRepairStatus_v1_st {
	unsigned version; /* nvmlRepairStatus_v1 */
	unsigned bChannelRepairPending, bTpcRepairPending;
};
static_assert(sizeof(struct nvmlRepairStatus_v1_st) == 12, "nvmlRepairStatus_v1_t");
#define nvmlRepairStatus_v1 (12u | 1u << 24)

#define NVML_GPU_FABRIC_UUID_LEN 16

/* nvmlGpuFabricState_t, one byte */
enum {
	NVML_GPU_FABRIC_STATE_NOT_SUPPORTED,
	NVML_GPU_FABRIC_STATE_NOT_STARTED,
	NVML_GPU_FABRIC_STATE_IN_PROGRESS,
	NVML_GPU_FABRIC_STATE_COMPLETED,
};

/* Version 3; version 2 is the same without its last field. */
struct nvmlGpuFabricInfo_v3_st {
	unsigned version; /* nvmlGpuFabricInfo_v3, _v2 */
	unsigned char clusterUuid[NVML_GPU_FABRIC_UUID_LEN];
	unsigned status; /* nvmlReturn_t; means something when state is completed */
	unsigned cliqueId;
	unsigned char state;
	unsigned healthMask;         /* NVML_GPU_FABRIC_HEALTH_MASK_SHIFT_* */
	unsigned char healthSummary; /* NVML_GPU_FABRIC_HEALTH_SUMMARY_* */
};
static_assert(sizeof(struct nvmlGpuFabricInfo_v3_st) == 40, "nvmlGpuFabricInfo_v3_t");
static_assert(offsetof(struct nvmlGpuFabricInfo_v3_st, healthMask) == 32, "nvmlGpuFabricInfo_v3_t");
#define nvmlGpuFabricInfo_v2 (36u | 2u << 24)
#define nvmlGpuFabricInfo_v3 (40u | 3u << 24)

/* In the mask: two bits each, 0 not told, 1 true, 2 false; and the last, four bits: 0 not told, 1 none, else what is wrong. */
#define NVML_GPU_FABRIC_HEALTH_MASK_SHIFT_DEGRADED_BW             0
#define NVML_GPU_FABRIC_HEALTH_MASK_SHIFT_ROUTE_RECOVERY          2
#define NVML_GPU_FABRIC_HEALTH_MASK_SHIFT_ROUTE_UNHEALTHY         4
#define NVML_GPU_FABRIC_HEALTH_MASK_SHIFT_ACCESS_TIMEOUT_RECOVERY 6
#define NVML_GPU_FABRIC_HEALTH_MASK_SHIFT_INCORRECT_CONFIGURATION 8

enum {
	NVML_GPU_FABRIC_HEALTH_SUMMARY_NOT_SUPPORTED,
	NVML_GPU_FABRIC_HEALTH_SUMMARY_HEALTHY,
	NVML_GPU_FABRIC_HEALTH_SUMMARY_UNHEALTHY,
	NVML_GPU_FABRIC_HEALTH_SUMMARY_LIMITED_CAPACITY,
};

struct nvmlGpuInstancePlacement_st {
	unsigned start, size; /* memory slices */
};
static_assert(sizeof(struct nvmlGpuInstancePlacement_st) == 8, "nvmlGpuInstancePlacement_t");

struct nvmlGpuInstanceProfileInfo_v2_st {
	unsigned version; /* nvmlGpuInstanceProfileInfo_v2 */
	unsigned id;
	unsigned isP2pSupported;
	unsigned sliceCount, instanceCount, multiprocessorCount;
	unsigned copyEngineCount, decoderCount, encoderCount, jpegCount, ofaCount;
	unsigned long long memorySizeMB;
	char name[NVML_DEVICE_NAME_V2_BUFFER_SIZE]; /* "MIG 1g.10gb" */
};
static_assert(sizeof(struct nvmlGpuInstanceProfileInfo_v2_st) == 152, "nvmlGpuInstanceProfileInfo_v2_t");
#define nvmlGpuInstanceProfileInfo_v2    (152u | 2u << 24)
#define NVML_GPU_INSTANCE_PROFILES_TRIED 32 /* NVML knows 17 and adds to them */

struct nvmlGpuInstanceInfo_st {
	struct nvmlDevice_st *device;
	unsigned id, profileId;
	struct nvmlGpuInstancePlacement_st placement;
};
static_assert(sizeof(struct nvmlGpuInstanceInfo_st) == 24, "nvmlGpuInstanceInfo_t");

struct nvmlComputeInstanceProfileInfo_st {
	unsigned id;
	unsigned sliceCount, instanceCount, multiprocessorCount;
	unsigned sharedCopyEngineCount, sharedDecoderCount, sharedEncoderCount, sharedJpegCount,
		sharedOfaCount;
};
static_assert(sizeof(struct nvmlComputeInstanceProfileInfo_st) == 36, "nvmlComputeInstanceProfileInfo_t");
#define NVML_COMPUTE_INSTANCE_PROFILES_TRIED        16 /* NVML knows 8 */
#define NVML_COMPUTE_INSTANCE_ENGINE_PROFILE_SHARED 0

#define NVML_TEMPERATURE_GPU 0

/* nvmlMemoryErrorType_t, nvmlEccCounterType_t, nvmlPageRetirementCause_t */
#define NVML_MEMORY_ERROR_TYPE_CORRECTED                          0
#define NVML_MEMORY_ERROR_TYPE_UNCORRECTED                        1
#define NVML_VOLATILE_ECC                                         0
#define NVML_AGGREGATE_ECC                                        1
#define NVML_PAGE_RETIREMENT_CAUSE_MULTIPLE_SINGLE_BIT_ECC_ERRORS 0
#define NVML_PAGE_RETIREMENT_CAUSE_DOUBLE_BIT_ECC_ERROR           1

/* nvmlComputeMode_t; 1, one thread at a time, is no more */
#define NVML_COMPUTEMODE_DEFAULT           0
#define NVML_COMPUTEMODE_PROHIBITED        2
#define NVML_COMPUTEMODE_EXCLUSIVE_PROCESS 3

/* nvmlClockType_t */
#define NVML_CLOCK_GRAPHICS 0
#define NVML_CLOCK_MEM      2

/* nvmlNvLinkErrorCounter_t */
#define NVML_NVLINK_ERROR_DL_REPLAY   0
#define NVML_NVLINK_ERROR_DL_RECOVERY 1
#define NVML_NVLINK_ERROR_DL_CRC_FLIT 2
#define NVML_NVLINK_ERROR_DL_CRC_DATA 3

#endif
