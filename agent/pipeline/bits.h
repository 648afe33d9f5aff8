/* SPDX-License-Identifier: Apache-2.0 */
/* A set of chunks. Not thread safe. */
#ifndef AGENT_PIPELINE_BITS_H
#define AGENT_PIPELINE_BITS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/io.h"

struct bits {
	uint32_t n; /* bits */
	uint64_t words[];
};

static inline struct bits *bits_new(uint32_t n)
{
	struct bits *bits = xcalloc(1, sizeof(*bits) + (n / 64 + 1) * sizeof(uint64_t));

	bits->n = n;
	return bits;
}

static inline bool bits_get(const struct bits *bits, uint32_t i)
{
	return bits->words[i / 64] >> (i % 64) & 1;
}

static inline void bits_set(struct bits *bits, uint32_t i)
{
	bits->words[i / 64] |= UINT64_C(1) << (i % 64);
}

static inline void bits_unset(struct bits *bits, uint32_t i)
{
	bits->words[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

#endif
