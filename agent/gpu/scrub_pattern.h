/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernels of scrub.ptx write, for the processor: one unit of 16 bytes, little-endian as the GPU is. */
#ifndef AGENT_GPU_SCRUB_PATTERN_H
#define AGENT_GPU_SCRUB_PATTERN_H

#include <stdint.h>

struct scrub_unit {
	uint64_t low, high;
};

#define SCRUB_UNIT    sizeof(struct scrub_unit)
#define SCRUB_PATTERN UINT64_MAX /* masks: all of the pattern */
#define SCRUB_ZEROS   0

static inline struct scrub_unit scrub_unit_at(uint64_t at, uint64_t key, uint64_t mask)
{
	uint64_t x = at / SCRUB_UNIT + key;

	x ^= x >> 33;
	x *= 0x9e3779b97f4a7c15;
	x ^= x >> 29;
	x *= 0x243f6a8885a308d3;
	x ^= x >> 32;
	return (struct scrub_unit){x & mask, ((x << 32 | x >> 32) ^ key) & mask};
}

#endif
