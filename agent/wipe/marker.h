/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Markers: blocks of keyed pseudo-random bytes, written to known places before an erasure and looked for after it. A
 * device that acknowledges an erasure and keeps the data is found by them. Places and contents follow from the key alone.
 */
#ifndef AGENT_WIPE_MARKER_H
#define AGENT_WIPE_MARKER_H

#include <stdint.h>

#include "core/err.h"

#define MARKER_KEY_SIZE 32

/* What a marker set lies on: an open descriptor (O_DIRECT or not), its size and logical block in bytes. */
struct medium {
	int fd;
	uint64_t size; /* a multiple of block */
	uint32_t block;
};

/*
 * A set for `size` bytes: the first and the last 34 and 33 blocks (the GPT areas) and one at a random place in each
 * thousandth of the range. After this call no lock of libcrypto is taken any more, so that a set that was made before a fork can be used
 * after it.
 */
struct markers;
int markers_new(const uint8_t key[MARKER_KEY_SIZE], uint64_t size, uint32_t block, struct markers **ret,
		struct err *err) _must_check_;
void markers_free(struct markers *markers);
DEFINE_CLEANUP(struct markers *, markers_free);

unsigned markers_count(const struct markers *markers);
uint64_t markers_offset(const struct markers *markers, unsigned i); /* bytes, rising */
/* The contents of marker i, `block` bytes. */
void markers_fill(struct markers *markers, unsigned i, void *buf);

/* Writes all, then fsync. beat (may be NULL) is called before each request. */
int markers_write(struct markers *markers, const struct medium *medium, void (*beat)(void *), void *data,
		  struct err *err) _must_check_;
/* Counts those of which not one piece of 16 bytes is left at its place. */
int markers_gone(struct markers *markers, const struct medium *medium, void (*beat)(void *), void *data,
		 unsigned *ret_gone, struct err *err) _must_check_;

#endif
