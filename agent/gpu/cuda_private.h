/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that open the library. */
#ifndef AGENT_GPU_CUDA_PRIVATE_H
#define AGENT_GPU_CUDA_PRIVATE_H

#include "agent/gpu/cuda.h"

#define CUDA_LIBRARY "libcuda.so.1"

/* Fills the table from the library that dlopen() gave; -ENOSYS names what it has not. */
int cuda_symbols(void *library, struct cuda *ret, struct err *err) _must_check_;

#endif
