/* SPDX-License-Identifier: Apache-2.0 */
/* Slots and the queue of whole frames between the fetcher and the decoders. */
#include "agent/pipeline/frames.h"

#include <sys/mman.h>

#include "agent/pipeline/slots.h"
#include "core/io.h"

#define HUGE ((size_t)2 << 20) /* bytes of a large page */

struct queued {
	struct queued *next;
	struct frame frame;
};

struct frames {
	struct crew *crew;
	unsigned n_slots;
	size_t slot_size, mapped; /* bytes */
	uint8_t *bytes;           /* of all slots */
	struct frame_slot *slots;
	/* below: with crew.lock held */
	struct frame_slot *free;
	struct queued *queue; /* in rising order of their chunks */
	struct frame_bad *bad;
	unsigned out;     /* frames handed on and not given back */
	unsigned takers;  /* threads that wait for a frame */
	bool wants_room;  /* the fetcher waits for a slot */
	bool wants_quiet; /* ... for all frames to be given back */
	bool closed;
	void (*wake)(void *data);
	void *wake_data;
};

struct frames *frames_new(struct crew *crew, unsigned slots, size_t slot_size)
{
	struct frames *frames = xcalloc(1, sizeof(*frames));

	frames->crew = crew;
	frames->n_slots = slots;
	frames->slot_size = slot_size;
	frames->mapped = slots * slot_size;
	frames->bytes = mmap(NULL, frames->mapped, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (frames->bytes == MAP_FAILED) {
		free(frames);
		return NULL;
	}
	if (slot_size >= HUGE)
		madvise(frames->bytes, frames->mapped, MADV_HUGEPAGE);
	frames->slots = xcalloc(slots, sizeof(*frames->slots));
	for (unsigned i = slots; i-- > 0;) {
		frames->slots[i].bytes = frames->bytes + i * slot_size;
		frames->slots[i].next = frames->free;
		frames->free = &frames->slots[i];
	}
	return frames;
}

void frames_free(struct frames *frames)
{
	struct queued *queued;
	struct frame_bad *bad;

	if (!frames)
		return;
	while ((queued = frames->queue)) {
		frames->queue = queued->next;
		free(queued);
	}
	while ((bad = frames->bad)) {
		frames->bad = bad->next;
		free(bad);
	}
	munmap(frames->bytes, frames->mapped);
	free(frames->slots);
	free(frames);
}

/* With crew.lock held. */
static void wake_if(struct frames *frames, bool *wants)
{
	if (!*wants)
		return;
	*wants = false;
	if (frames->wake)
		frames->wake(frames->wake_data);
}

/* With crew.lock held. */
static void leave(struct frames *frames, struct frame_slot *slot)
{
	if (--slot->users > 0)
		return;
	slot->next = frames->free;
	frames->free = slot;
	wake_if(frames, &frames->wants_room);
}

/* With crew.lock held. */
static struct frame take_first(struct frames *frames)
{
	struct queued *first = frames->queue;
	struct frame frame = first->frame;

	frames->queue = first->next;
	free(first);
	return frame;
}

bool frames_take(struct frames *frames, struct frame *ret)
{
	struct crew *crew = frames->crew;
	bool there;

	pthread_mutex_lock(&crew->lock);
	frames->takers++;
	while (!crew->stopped && !frames->queue && !frames->closed)
		pthread_cond_wait(&crew->changed, &crew->lock);
	frames->takers--;
	there = !crew->stopped && frames->queue;
	if (there)
		*ret = take_first(frames);
	else if (crew->stopped && frames->wake)
		frames->wake(frames->wake_data); /* it waits for the network, not for the condition */
	pthread_mutex_unlock(&crew->lock);
	return there;
}

/* With crew.lock held. */
static void given_back(struct frames *frames)
{
	if (--frames->out == 0)
		wake_if(frames, &frames->wants_quiet);
}

void frames_done(struct frames *frames, const struct frame *frame)
{
	pthread_mutex_lock(&frames->crew->lock);
	leave(frames, frame->slot);
	given_back(frames);
	pthread_mutex_unlock(&frames->crew->lock);
}

void frames_bad(struct frames *frames, const struct frame *frame, const struct err *why)
{
	struct frame_bad *bad = xcalloc(1, sizeof(*bad));

	bad->frame = *frame;
	bad->why = *why;
	pthread_mutex_lock(&frames->crew->lock);
	bad->next = frames->bad;
	frames->bad = bad;
	given_back(frames);
	if (frames->wake)
		frames->wake(frames->wake_data);
	pthread_mutex_unlock(&frames->crew->lock);
}

size_t frames_slot_size(const struct frames *frames)
{
	return frames->slot_size;
}

unsigned frames_slots(const struct frames *frames)
{
	return frames->n_slots;
}

void frames_set_wake(struct frames *frames, void (*wake)(void *data), void *data)
{
	pthread_mutex_lock(&frames->crew->lock);
	frames->wake = wake;
	frames->wake_data = data;
	pthread_mutex_unlock(&frames->crew->lock);
}

struct frame_slot *frames_room(struct frames *frames)
{
	struct frame_slot *slot;

	pthread_mutex_lock(&frames->crew->lock);
	slot = frames->free;
	frames->wants_room = !slot;
	if (slot) {
		frames->free = slot->next;
		slot->users = 1;
	}
	pthread_mutex_unlock(&frames->crew->lock);
	return slot;
}

void frames_leave(struct frames *frames, struct frame_slot *slot)
{
	pthread_mutex_lock(&frames->crew->lock);
	leave(frames, slot);
	pthread_mutex_unlock(&frames->crew->lock);
}

void frames_hand_on(struct frames *frames, const struct frame *frame)
{
	struct queued *queued = xcalloc(1, sizeof(*queued)), **at;

	queued->frame = *frame;
	pthread_mutex_lock(&frames->crew->lock);
	for (at = &frames->queue; *at && (*at)->frame.chunk < frame->chunk; at = &(*at)->next)
		;
	queued->next = *at;
	*at = queued;
	frame->slot->users++;
	frames->out++;
	if (frames->takers)
		pthread_cond_broadcast(&frames->crew->changed);
	pthread_mutex_unlock(&frames->crew->lock);
}

void frames_close(struct frames *frames)
{
	pthread_mutex_lock(&frames->crew->lock);
	frames->closed = true;
	pthread_cond_broadcast(&frames->crew->changed);
	pthread_mutex_unlock(&frames->crew->lock);
}

struct frame_bad *frames_take_bad(struct frames *frames)
{
	struct frame_bad *bad;

	pthread_mutex_lock(&frames->crew->lock);
	bad = frames->bad;
	frames->bad = NULL;
	pthread_mutex_unlock(&frames->crew->lock);
	return bad;
}

bool frames_idle(struct frames *frames)
{
	bool idle;

	pthread_mutex_lock(&frames->crew->lock);
	idle = frames->out == 0 && !frames->bad;
	frames->wants_quiet = !idle;
	pthread_mutex_unlock(&frames->crew->lock);
	return idle;
}
