/* SPDX-License-Identifier: Apache-2.0 */
/* The events that the station does not have yet: bounded, in order. Progress gives way to what matters more. */
#ifndef AGENT_TALK_QUEUE_H
#define AGENT_TALK_QUEUE_H

#include <stdint.h>

#include "protocol/event.h"

#define TALK_QUEUE_MAX 2048 /* events */

struct talk_queue {
	struct event *events; /* n of them, by rising seq */
	unsigned n;
	uint64_t last_seq; /* of the newest event that was ever added; 0: none yet */
	uint64_t dropped;  /* events that gave way */
};

void talk_queue_init(struct talk_queue *queue);
void talk_queue_clear(struct talk_queue *queue);
/* Copies the event and numbers it. */
void talk_queue_add(struct talk_queue *queue, const struct event *event);
/* Copies up to max of the oldest to out; they stay queued. */
unsigned talk_queue_peek(const struct talk_queue *queue, struct event *out, unsigned max);
/* The station has everything up to seq. */
void talk_queue_acked(struct talk_queue *queue, uint64_t seq);

#endif
