/* SPDX-License-Identifier: Apache-2.0 */
/* A payload that is filled frame by frame: only frames with the hash that the index names are ever written to it. */
#ifndef IMAGES_STORE_PARTIAL_H
#define IMAGES_STORE_PARTIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "images/index.h"

struct partial;

/* fd: readable and writable; given its size. Both stay the caller's. */
int partial_new(const struct index *index, uint64_t payload_size, int fd, struct partial **ret,
		struct err *err) _must_check_;
void partial_free(struct partial *partial);
DEFINE_CLEANUP(struct partial *, partial_free);

/* Hashes what the file holds, and takes what is right. threads as for lanes_run(). */
int partial_find(struct partial *partial, unsigned threads, struct err *err) _must_check_;

/* The first run of bytes that is missing; false: none is. */
bool partial_missing(const struct partial *partial, uint64_t *ret_offset, uint64_t *ret_len);
uint64_t partial_have(const struct partial *partial); /* bytes */

/* Before bytes from another place than where the last ones ended. */
void partial_seek(struct partial *partial, uint64_t offset);
/* Bytes of the payload, in order. -EBADMSG: "chunk 17: SHA-256 mismatch". */
int partial_take(struct partial *partial, const void *buf, size_t len, struct err *err) _must_check_;

#endif
