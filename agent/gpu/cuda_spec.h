/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of the CUDA driver API that the scrub calls, declared from its public documentation ("CUDA Driver API", 6. Modules). Names are the
 * specification's; nothing of NVIDIA's headers is needed to build.
 */
#ifndef AGENT_GPU_CUDA_SPEC_H
#define AGENT_GPU_CUDA_SPEC_H

#include <assert.h>
#include <stdint.h>

struct CUctx_st;
struct CUmod_st;
struct CUfunc_st;
struct CUevent_st;
struct CUstream_st; /* NULL: the context's default stream */

/* CUuuid */
struct CUuuid_st {
	uint8_t bytes[16];
};
static_assert(sizeof(struct CUuuid_st) == 16, "CUuuid_st");

/* CUdevice is an int, CUdeviceptr 64 bits wide, CUresult an int. */

enum { /* CUresult */
       CUDA_SUCCESS = 0,
       CUDA_ERROR_OUT_OF_MEMORY = 2,
       CUDA_ERROR_DEVICE_UNAVAILABLE = 46,
       CUDA_ERROR_NO_DEVICE = 100,
       CUDA_ERROR_INVALID_DEVICE = 101,
       CUDA_ERROR_ECC_UNCORRECTABLE = 214,
       CUDA_ERROR_NVLINK_UNCORRECTABLE = 220,
       CUDA_ERROR_JIT_COMPILER_NOT_FOUND = 221,
       CUDA_ERROR_UNSUPPORTED_PTX_VERSION = 222,
       CUDA_ERROR_CONTAINED = 226,
       CUDA_ERROR_LAUNCH_TIMEOUT = 702,
       CUDA_ERROR_HARDWARE_STACK_ERROR = 714,
       CUDA_ERROR_SYSTEM_NOT_READY = 802,
       CUDA_ERROR_SYSTEM_DRIVER_MISMATCH = 803,
};

enum { /* CUdevice_attribute */
       CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT = 16,
       CU_DEVICE_ATTRIBUTE_INTEGRATED = 18,
       CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE = 36,       /* kHz */
       CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH = 37, /* bits */
};

#endif
