/* SPDX-License-Identifier: Apache-2.0 */
/* The chunk index on the wire: docs/image-format.md, "Index". All integers are little-endian. */
#ifndef IMAGES_INDEX_SPEC_H
#define IMAGES_INDEX_SPEC_H

#include <assert.h>
#include <stdint.h>

#include "core/hash.h"

#define INDEX_MAGIC   "RMNTIDX1"
#define INDEX_VERSION 1

struct index_header_wire {
	uint8_t magic[8];
	uint32_t version;
	uint32_t chunk_size;   /* bytes */
	uint32_t n_chunks;     /* entries that follow */
	uint32_t reserved0;    /* 0 */
	uint64_t disk_size;    /* bytes */
	uint64_t payload_size; /* bytes */
	uint8_t reserved1[24]; /* 0 */
};

struct index_entry_wire {
	uint64_t offset; /* of the frame in the payload, bytes */
	uint32_t length; /* of the frame, bytes */
	uint32_t flags;  /* CHUNK_ZERO; all other bits 0 */
	uint8_t frame_sha256[SHA256_SIZE];
	uint8_t plain_sha256[SHA256_SIZE];
};

static_assert(sizeof(struct index_header_wire) == 64, "index header");
static_assert(sizeof(struct index_entry_wire) == 80, "index entry");

#endif
