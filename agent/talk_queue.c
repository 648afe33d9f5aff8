/* SPDX-License-Identifier: Apache-2.0 */
/* A plain array: it is short, and adding is once a second. */
#include "agent/talk_queue.h"

#include <string.h>

#include "core/io.h"

void talk_queue_init(struct talk_queue *queue)
{
	*queue = (struct talk_queue){.events = xcalloc(TALK_QUEUE_MAX, sizeof(*queue->events))};
}

void talk_queue_clear(struct talk_queue *queue)
{
	free(queue->events);
	*queue = (struct talk_queue){0};
}

static void remove_at(struct talk_queue *queue, unsigned i)
{
	queue->n--;
	memmove(&queue->events[i], &queue->events[i + 1], (queue->n - i) * sizeof(*queue->events));
}

/* The oldest progress, else the oldest of all. */
static void make_room(struct talk_queue *queue)
{
	unsigned victim = 0;
	for (unsigned i = 0; i < queue->n; i++) {
		if (queue->events[i].kind == EVENT_PROGRESS) {
			victim = i;
			break;
		}
	}
	remove_at(queue, victim);
	queue->dropped++;
}

void talk_queue_add(struct talk_queue *queue, const struct event *event)
{
	if (queue->n == TALK_QUEUE_MAX)
		make_room(queue);
	queue->events[queue->n] = *event;
	queue->events[queue->n++].seq = ++queue->last_seq;
}

unsigned talk_queue_peek(const struct talk_queue *queue, struct event *out, unsigned max)
{
	unsigned n = queue->n < max ? queue->n : max;
	memcpy(out, queue->events, n * sizeof(*out));
	return n;
}

void talk_queue_acked(struct talk_queue *queue, uint64_t seq)
{
	unsigned n = 0;
	while (n < queue->n && queue->events[n].seq <= seq)
		n++;
	queue->n -= n;
	memmove(queue->events, queue->events + n, queue->n * sizeof(*queue->events));
}
