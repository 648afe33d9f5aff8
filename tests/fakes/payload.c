/* SPDX-License-Identifier: Apache-2.0 */
/* Packing, the plain way. */
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "core/hash.h"
#include "images/zeros.h"
#include "tests/fakes/payload.h"

static void add_chunk(struct payload *p, uint32_t i, uint32_t len)
{
	const uint8_t *plain = p->plain + (size_t)i * p->index.chunk_size;
	size_t bound = ZSTD_compressBound(len);
	struct chunk *c = &p->index.chunks[i];

	p->bytes = realloc(p->bytes, p->len + bound);
	c->offset = p->len;
	c->length = (uint32_t)ZSTD_compress(p->bytes + p->len, bound, plain, len, 1);
	c->flags = zeros_only(plain, len) ? CHUNK_ZERO : 0;
	sha256(p->bytes + p->len, c->length, c->frame_sha256);
	sha256(plain, len, c->plain_sha256);
	p->len += c->length;
	if (c->flags & CHUNK_ZERO)
		return;
	p->index.data_chunks++;
	p->index.data_bytes += c->length;
}

void payload_make(struct payload *p, uint8_t *plain, uint64_t size, uint32_t chunk_size)
{
	memset(p, 0, sizeof(*p));
	p->plain = plain;
	p->index.size = size;
	p->index.chunk_size = chunk_size;
	p->index.n_chunks = (uint32_t)((size + chunk_size - 1) / chunk_size);
	p->index.chunks = calloc(p->index.n_chunks, sizeof(struct chunk));
	for (uint32_t i = 0; i < p->index.n_chunks; i++)
		add_chunk(p, i, index_chunk_len(&p->index, i));
}

void payload_clear(struct payload *p)
{
	free(p->index.chunks);
	free(p->plain);
	free(p->bytes);
}
