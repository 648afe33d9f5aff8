/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buffers for plain chunks: one mapping, a fixed number, the last one given back taken first, because it is the one that the
 * processor's caches still hold. Waiting goes by the crew's lock and condition.
 */
#ifndef AGENT_PIPELINE_POOL_H
#define AGENT_PIPELINE_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "agent/pipeline/crew.h"

/* A buffer and the chunk that is in it. */
struct plain {
	struct plain *next; /* the pool's */
	uint8_t *bytes;     /* O_DIRECT suits it */
	unsigned n;         /* which of the pool's */
	uint32_t chunk, len;
	uint64_t offset; /* bytes, on the disk */
	unsigned refs;   /* targets that it is still being written to; with crew.lock held */
};

struct pool;

/* n buffers of `size` bytes each. */
int pool_new(struct crew *crew, unsigned n, size_t size, struct pool **ret, struct err *err) _must_check_;
void pool_free(struct pool *pool);

/* Waits for a buffer; NULL when the crew has stopped. */
struct plain *pool_take(struct pool *pool);
/* A free one or NULL, with crew.lock held. */
struct plain *pool_try(struct pool *pool);
void pool_give(struct pool *pool, struct plain *plain);

unsigned pool_count(const struct pool *pool);
size_t pool_size(const struct pool *pool); /* bytes of a buffer */
/* All of them, one after the other, in the order of their n. */
uint8_t *pool_arena(const struct pool *pool);

#endif
