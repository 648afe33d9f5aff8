/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Markers: blocks of keyed pseudo-random bytes, written to known places before an erasure and looked for after it. A device that
 * acknowledges an erasure and keeps the data is found by them. Places and contents follow from the key alone, so that after a power cut they
 * can be looked for by the key in the journal.
 */
#ifndef AGENT_WIPE_MARKER_H
#define AGENT_WIPE_MARKER_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/wipe/medium.h"
#include "agent/wipe/stream.h"

/*
 * A set for a medium: the first 34 and the last 33 blocks (the GPT areas) and one at a random place in each thousandth of the range.
 * `stream` is borrowed and must outlive it.
 */
struct markers;
int markers_new(struct stream *stream, const uint8_t key[STREAM_KEY_SIZE], uint64_t size, uint32_t block,
		struct markers **ret, struct err *err) _must_check_;
void markers_free(struct markers *markers);
DEFINE_CLEANUP(struct markers *, markers_free);

unsigned markers_count(const struct markers *markers);
uint64_t markers_offset(const struct markers *markers, unsigned i); /* bytes, rising */
bool markers_have(const struct markers *markers, uint64_t lba);     /* is there one on this block? */
/* The contents of marker i, `block` bytes. */
void markers_fill(struct markers *markers, unsigned i, void *buf);

/* Writes all, then fsync. beat (may be NULL) is called before each request. */
int markers_write(struct markers *markers, const struct medium *medium, void (*beat)(void *), void *data,
		  struct err *err) _must_check_;
/* Counts those of which not one piece of 16 bytes is left at its place. */
int markers_gone(struct markers *markers, const struct medium *medium, void (*beat)(void *), void *data,
		 unsigned *ret_gone, struct err *err) _must_check_;

#endif
