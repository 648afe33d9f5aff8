/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of a GPU overwritten and read back through the CUDA driver API, and how fast it is. docs/gpu-scrub.md. To be called in a child
 * that has a deadline and leaves afterwards (gpu.h).
 */
#ifndef AGENT_GPU_SCRUB_H
#define AGENT_GPU_SCRUB_H

#include <stdint.h>

#include "agent/gpu/gpu.h"

/*
 * Fills all free memory of the whole card with a keyed pattern, verifies it, fills it with zeros, verifies those. progress (may be NULL) hears of bytes, all passes
 * together, at least once a second once the memory is held; before that the driver starts, which may take many seconds.
 * *ret: {"by": "cuda", "total": bytes of the card's memory (NVML's word where there is one, else CUDA's), "covered": bytes filled, "verified": bytes of these that read back right both times,
 * "rate"?, "verify_rate"?: bytes/s of the pattern's fill and verification, "copy_rate"?: bytes/s read and written by the card's own copy within its memory,
 * "peak_rate"?: bytes/s that clock and width of the memory allow, "share"?: rate / peak_rate, "faults"?: [{"what": "memory", "text"}]}
 * faults: each of them holds the machine; what could not be measured is missing.
 * An error where nothing was scrubbed: no driver, MIG mode, somebody else has the card. No setting of the card is changed.
 */
int gpu_scrub_cuda(const struct gpu_host *host, const struct gpu *gpu,
		   void (*progress)(void *data, uint64_t done, uint64_t total), void *data, json_t **ret,
		   struct err *err) _must_check_;

/* The GPUs that CUDA sees, whether /sys shows them or not. *ret: {"gpus": [{"pci", "model"}]}, at most GPU_MAX. Also for a child. */
int gpu_scrub_list(const struct gpu_host *host, json_t **ret, struct err *err) _must_check_;

#endif
