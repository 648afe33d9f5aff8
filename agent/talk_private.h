/* SPDX-License-Identifier: Apache-2.0 */
/* What talk.c (the calls) and talk_events.c (the thread that sends events) share. */
#ifndef AGENT_TALK_PRIVATE_H
#define AGENT_TALK_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "agent/talk.h"
#include "agent/talk_queue.h"
#include "core/http.h"

struct talk {
	struct talk_options options;
	_Atomic int state;   /* enum talk_state; only rises */
	_Atomic bool ending; /* talk_free() has begun */

	pthread_mutex_t calls_lock; /* a handle serves one thread at a time */
	struct http *calls;
	pthread_mutex_t fetch_lock;
	struct http *fetch; /* without token */

	pthread_t thread;
	bool thread_runs;
	struct http *sender; /* the thread's own */
	pthread_mutex_t queue_lock;
	pthread_cond_t queue_changed;
	struct talk_queue queue;
};

/* One pause of a series: doubles *pause_ms, stays responsive, and says that we are alive. */
void talk_pause(struct talk *talk, unsigned *pause_ms);
/* Raises the state by what a call's error says; true when that ends every further try. */
bool talk_learn(struct talk *talk, int code);
void talk_raise(struct talk *talk, enum talk_state state);
/* Is it the station's absence, to be waited out, rather than its answer? */
bool talk_away(int code);
void talk_alive(struct talk *talk);

int talk_events_begin(struct talk *talk, struct err *err) _must_check_;
void talk_events_end(struct talk *talk);

#endif
