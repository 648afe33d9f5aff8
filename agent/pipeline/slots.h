/* SPDX-License-Identifier: Apache-2.0 */
/* The fetcher's side of frames.h: free slots, frames handed on, frames that came back as bad. One fetcher. */
#ifndef AGENT_PIPELINE_SLOTS_H
#define AGENT_PIPELINE_SLOTS_H

#include "agent/pipeline/frames.h"

struct frame_slot {
	uint8_t *bytes;
	unsigned
		users; /* ranges that fill it, and frames in it that are not done; with crew.lock held. 0: free */
	struct frame_slot *next; /* free one */
};

/* A frame that is not what the index says. Its bytes' place in the slot is still the fetcher's. */
struct frame_bad {
	struct frame_bad *next;
	struct frame frame;
	struct err why;
};

size_t frames_slot_size(const struct frames *frames);
unsigned frames_slots(const struct frames *frames);

/* Called with crew.lock held when there is something for the fetcher to see; NULL: not any more. */
void frames_set_wake(struct frames *frames, void (*wake)(void *data), void *data);

/* A free slot, now with one user, the one freed last (it is in the caches); NULL: none, and wake() is called when there is one. */
struct frame_slot *frames_room(struct frames *frames);
void frames_leave(struct frames *frames, struct frame_slot *slot); /* one user less */

/* Becomes one more user. */
void frames_hand_on(struct frames *frames, const struct frame *frame);
/* No more frames will come. */
void frames_close(struct frames *frames);

/* Bad frames since the last time, malloc'd; each is still a user of its slot. */
struct frame_bad *frames_take_bad(struct frames *frames);
/* Every frame that was handed on has been given back, and none is bad; else wake() is called when that is so. */
bool frames_idle(struct frames *frames);

#endif
