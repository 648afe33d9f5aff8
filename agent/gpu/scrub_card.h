/* SPDX-License-Identifier: Apache-2.0 */
/* What NVML knows of a card before its memory is overwritten. Where there is no NVML, or it does not tell, that is no error: CUDA has its own say. */
#ifndef AGENT_GPU_SCRUB_CARD_H
#define AGENT_GPU_SCRUB_CARD_H

#include <stdint.h>

#include "agent/gpu/gpu.h"

/* *ret_memory: bytes of the whole card, with what the driver keeps; 0: not known. -EBUSY: processes use it, or MIG mode is on. */
int scrub_card_ask(const struct gpu_host *host, const char *pci, uint64_t *ret_memory,
		   struct err *err) _must_check_;

#endif
