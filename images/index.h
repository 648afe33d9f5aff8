/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chunk index of a tenant image, format 1: little-endian, a header of 64 bytes and 80 bytes a chunk.
 * docs/image-format.md, "Index".
 */
#ifndef IMAGES_INDEX_H
#define IMAGES_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/hash.h"
#include "images/manifest.h"

#define CHUNK_ZERO 1u /* the plain chunk is zeros: its frame need not be fetched */

struct chunk {
	uint64_t offset;                   /* of the frame in the payload, bytes */
	uint32_t length;                   /* of the frame, bytes */
	uint32_t flags;                    /* CHUNK_ZERO */
	uint8_t frame_sha256[SHA256_SIZE]; /* of the frame: checked before decoding */
	uint8_t plain_sha256[SHA256_SIZE]; /* of the plain chunk: for reading back */
};

struct index {
	uint64_t size;       /* bytes of the disk */
	uint32_t chunk_size; /* bytes */
	uint32_t n_chunks;
	struct chunk *chunks;
	uint64_t data_chunks, data_bytes; /* chunks that must be transferred, and the bytes of their frames */
};

/* Bytes of plain chunk i: chunk_size but for the last. */
uint32_t index_chunk_len(const struct index *index, uint32_t i);

/*
 * Checks the SHA-256 that the manifest names over exactly these bytes, then every field: the frames follow
 * one another without gap from 0 to payload_size, none is longer than ZSTD_compressBound(chunk_size), the sizes
 * are the manifest's, and a zero chunk has the hash of zeros. -EBADMSG names the chunk and field.
 */
int index_parse(const void *buf, size_t len, const struct manifest *manifest, struct index **ret,
		struct err *err) _must_check_;
/* malloc'd bytes of the index. */
void *index_bytes(const struct index *index, size_t *ret_len) _must_check_;
void index_free(struct index *index);
DEFINE_CLEANUP(struct index *, index_free);

#endif
