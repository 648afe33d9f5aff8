/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CUDA driver's library, opened at run time. It is never closed: its threads do not outlive the process, which is a child that leaves
 * (gpu.h). Each function of the table returns a CUresult, 0 is success.
 */
#ifndef AGENT_GPU_CUDA_H
#define AGENT_GPU_CUDA_H

#include <stddef.h>

#include "agent/gpu/cuda_spec.h"
#include "agent/gpu/gpu.h"

struct cuda {
	int (*init)(unsigned flags);
	int (*get_error_name)(int code, const char **ret);
	int (*get_error_string)(int code, const char **ret);
	int (*device_count)(int *ret);
	int (*device_get)(int *ret, int ordinal);
	int (*device_by_pci)(int *ret, const char *pci);
	int (*device_pci)(char *ret, int len, int device);
	int (*device_name)(char *ret, int len, int device);
	int (*device_memory)(size_t *ret, int device);
	int (*device_attribute)(int *ret, int attribute, int device);
	int (*device_uuid)(struct CUuuid_st *ret, int device); /* of the card */
	int (*device_uuid_v2)(struct CUuuid_st *ret,
			      int device); /* of a MIG instance, where it is one; may be NULL */
	int (*context_create)(struct CUctx_st **ret, unsigned flags, int device);
	int (*context_destroy)(struct CUctx_st *context);
	int (*module_load)(struct CUmod_st **ret, const void *image, unsigned n, int *options, void **values);
	int (*module_function)(struct CUfunc_st **ret, struct CUmod_st *module, const char *name);
	int (*memory_info)(size_t *ret_free, size_t *ret_total);
	int (*memory_alloc)(uint64_t *ret, size_t bytes);
	int (*memory_free)(uint64_t at);
	int (*copy_to_host)(void *to, uint64_t from, size_t bytes);
	int (*copy_to_device)(uint64_t to, const void *from, size_t bytes);
	int (*copy_on_device)(uint64_t to, uint64_t from, size_t bytes, struct CUstream_st *stream);
	int (*launch)(struct CUfunc_st *function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
		      unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared,
		      struct CUstream_st *stream, void **params, void **extra);
	int (*event_create)(struct CUevent_st **ret, unsigned flags);
	int (*event_record)(struct CUevent_st *event, struct CUstream_st *stream);
	int (*event_synchronize)(struct CUevent_st *event);
	int (*event_elapsed)(float *ret_ms, struct CUevent_st *from, struct CUevent_st *to);
	int (*event_destroy)(struct CUevent_st *event);
};

/* Opens libcuda.so.1 from host->libraries, else as the loader finds it, and initialises it. */
int cuda_open(const struct gpu_host *host, struct cuda *ret, struct err *err) _must_check_;

/* Sets the error: the text, CUDA's name and words for the code, and what to do where that is known. */
int cuda_err(const struct cuda *cuda, struct err *err, int code, const char *fmt, ...) _printf_(4, 5);
/* "CUDA_ERROR_...", or "CUDA error N" where the library has no name for it; text holds 64 bytes. */
void cuda_error_name(const struct cuda *cuda, int code, char text[64]);

#endif
