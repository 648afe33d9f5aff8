/* SPDX-License-Identifier: Apache-2.0 */
/* GPUs as CUDA sees them. */
#ifndef AGENT_GPU_CUDA_DEVICE_H
#define AGENT_GPU_CUDA_DEVICE_H

#include "agent/gpu/cuda.h"

struct cuda_device {
	int id;
	uint64_t memory;    /* bytes; as CUDA tells it without what the driver keeps for itself */
	uint64_t peak_rate; /* bytes/s; 0: the driver does not say */
	unsigned cores;     /* multiprocessors, at least 1 */
};

/* The whole card at that address. An error where only a part of it can be had (MIG), or where its memory is the machine's. */
int cuda_device_find(const struct cuda *cuda, const char *pci, struct cuda_device *ret,
		     struct err *err) _must_check_;

/* All that CUDA sees, each once: {"gpus": [{"pci", "model"}]}, at most GPU_MAX. */
int cuda_device_list(const struct cuda *cuda, json_t **ret, struct err *err) _must_check_;

#endif
