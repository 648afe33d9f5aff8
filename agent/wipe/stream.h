/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keyed pseudo-random bytes, the same for the same key and place: what is written from them can be verified without having been stored.
 * The key stream of AES-256 in counter mode; the counter's upper half says which stream of the key, the lower half where in it.
 */
#ifndef AGENT_WIPE_STREAM_H
#define AGENT_WIPE_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define STREAM_KEY_SIZE 32

/* For one thread at a time. After stream_new() no lock of libcrypto is taken any more, so that one made before a fork can be used after it. */
struct stream;
int stream_new(struct stream **ret, struct err *err) _must_check_;
void stream_free(struct stream *stream);
DEFINE_CLEANUP(struct stream *, stream_free);

/* Fills buf with the bytes from `place` (a multiple of 16) on of the stream `which` of the key. */
void stream_fill(struct stream *stream, const uint8_t key[STREAM_KEY_SIZE], uint64_t which, uint64_t place,
		 void *buf, size_t len);

#endif
