/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames between fetching and decoding: a fixed number of slots, each for one range of neighbouring frames. The fetcher fills a
 * slot and hands each frame on as soon as it is whole; the slot is free again when all its frames are done. That is the back-pressure:
 * without a free slot no range is asked for. Waiting goes by the crew's lock and condition.
 */
#ifndef AGENT_PIPELINE_FRAMES_H
#define AGENT_PIPELINE_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/pipeline/crew.h"

struct frame_slot; /* frames.c, fetch.c */

/* A whole frame, not yet checked. A plain value. */
struct frame {
	uint32_t chunk;
	unsigned source;      /* of the job's */
	const uint8_t *bytes; /* index->chunks[chunk].length of them, in the slot */
	struct frame_slot *slot;
};

struct frames;

/* slots of slot_size bytes each, allocated now (mmap, touched as they are used). NULL: no memory; fetch_new() says so. */
struct frames *frames_new(struct crew *crew, unsigned slots, size_t slot_size);
void frames_free(struct frames *frames);

/* ---- the decoders' side; thread safe ---- */

/* Waits for the next frame; false when there will be none any more, or the crew has stopped. */
bool frames_take(struct frames *frames, struct frame *ret);
/* Gives the frame's room back. Each frame that was taken is given back once. */
void frames_done(struct frames *frames, const struct frame *frame);
/*
 * The frame is not what the index says: it is recorded against its source, given back, and fetched again, from another source when there
 * is one. When every source has given this chunk wrongly twice, that is the crew's first error.
 */
void frames_bad(struct frames *frames, const struct frame *frame, const struct err *why);

#endif
