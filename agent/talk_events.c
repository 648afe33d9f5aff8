/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that sends events in batches and hears from the answers whether the order is still wanted. */
#include <time.h>

#include "agent/talk_private.h"
#include "core/io.h"
#include "core/json.h"
#include "core/log.h"

static struct timespec deadline_in(unsigned ms)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

static int read_answer(const json_t *answer, uint64_t *ret_acked, bool *ret_cancelled, struct err *err)
{
	int r = json_get_u64(answer, "answer to events", "acked", 0, INT64_MAX, ret_acked, err);
	if (!r)
		r = json_get_bool(answer, "answer to events", "cancelled", ret_cancelled, err);
	return r;
}

/* One exchange; *ret_acked is untouched on failure. */
static int send_batch(struct talk *talk, const struct event *events, unsigned n, uint64_t *ret_acked,
		      struct err *err)
{
	_cleanup_json_ json_t *list = json_array(), *answer = NULL;
	uint64_t acked = 0;
	bool cancelled = false;

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list, event_to_json(&events[i]));
	_cleanup_json_ json_t *body = json_pack("{sO}", "events", list);
	int r = http_json(talk->sender, "POST", "/v1/agent/events", body, &answer, err);
	if (r)
		return r;
	r = read_answer(answer, &acked, &cancelled, err);
	if (r)
		return r;
	if (cancelled)
		talk_raise(talk, TALK_CANCELLED);
	*ret_acked = acked;
	return 0;
}

/* Waits until there is something to send, or until it is time to ask all the same. */
static unsigned wait_for_batch(struct talk *talk, struct event *batch)
{
	struct timespec flush = deadline_in(talk->options.flush_ms);
	struct timespec idle = deadline_in(talk->options.idle_ms);
	unsigned n;

	pthread_mutex_lock(&talk->queue_lock);
	while (!talk->ending && !talk->queue.n &&
	       !pthread_cond_timedwait(&talk->queue_changed, &talk->queue_lock, &idle))
		;
	while (!talk->ending && talk->queue.n < EVENT_BATCH_MAX &&
	       !pthread_cond_timedwait(&talk->queue_changed, &talk->queue_lock, &flush))
		;
	n = talk_queue_peek(&talk->queue, batch, EVENT_BATCH_MAX);
	pthread_mutex_unlock(&talk->queue_lock);
	return n;
}

static void acknowledge(struct talk *talk, uint64_t seq)
{
	pthread_mutex_lock(&talk->queue_lock);
	talk_queue_acked(&talk->queue, seq);
	pthread_cond_broadcast(&talk->queue_changed);
	pthread_mutex_unlock(&talk->queue_lock);
}

/* Sends one batch, again until the station has taken or refused it. */
static void deliver(struct talk *talk, const struct event *batch, unsigned n)
{
	unsigned pause_ms = talk->options.pause_min_ms;
	bool said = false;

	while (!talk->ending && talk_state(talk) != TALK_REVOKED) {
		uint64_t last = n ? batch[n - 1].seq : 0, acked = 0;
		struct err err = {0};
		int r = send_batch(talk, batch, n, &acked, &err);
		if (!r) {
			if (said)
				log_info("the station is back");
			acknowledge(talk, acked < last ? acked : last);
			return;
		}
		if (talk_learn(talk, r))
			return;
		if (!talk_away(r)) { /* a batch that is refused once is refused always */
			log_error("events: %s", err.text);
			acknowledge(talk, last);
			return;
		}
		if (!said)
			log_warn("events wait for the station: %s", err.text);
		said = true;
		talk_pause(talk, &pause_ms);
	}
}

static void *events_thread(void *data)
{
	struct talk *talk = data;
	struct event *batch = xcalloc(EVENT_BATCH_MAX, sizeof(*batch));
	while (!talk->ending && talk_state(talk) != TALK_REVOKED) {
		unsigned n = wait_for_batch(talk, batch);
		if (!talk->ending)
			deliver(talk, batch, n);
	}
	free(batch);
	return NULL;
}

int talk_events_begin(struct talk *talk, struct err *err)
{
	int code = pthread_create(&talk->thread, NULL, events_thread, talk);
	if (code)
		return err_sys(err, code, "starting the thread that sends events");
	talk->thread_runs = true;
	return 0;
}

void talk_events_end(struct talk *talk)
{
	pthread_mutex_lock(&talk->queue_lock);
	talk->ending = true;
	pthread_cond_broadcast(&talk->queue_changed);
	pthread_mutex_unlock(&talk->queue_lock);
	if (talk->thread_runs)
		pthread_join(talk->thread, NULL);
	talk->thread_runs = false;
}

void talk_event(struct talk *talk, const struct event *event)
{
	pthread_mutex_lock(&talk->queue_lock);
	talk_queue_add(&talk->queue, event);
	pthread_cond_broadcast(&talk->queue_changed);
	pthread_mutex_unlock(&talk->queue_lock);
}

/* What a caller hears who must not go on. */
static int stopped(struct talk *talk, struct err *err)
{
	switch (talk_state(talk)) {
	case TALK_CANCELLED:
		return err_set(err, ECANCELED, "the order was cancelled");
	case TALK_REVOKED:
		return err_set(err, ESTALE, "the lease was revoked: a later boot of this machine has it");
	case TALK_GOING:
		break;
	}
	return 0;
}

int talk_flush(struct talk *talk, struct err *err)
{
	pthread_mutex_lock(&talk->queue_lock);
	uint64_t until = talk->queue.last_seq;
	while (talk->queue.n && talk->queue.events[0].seq <= until && talk_state(talk) != TALK_REVOKED) {
		struct timespec second = deadline_in(1000);
		pthread_cond_timedwait(&talk->queue_changed, &talk->queue_lock, &second);
		talk_alive(talk);
	}
	pthread_mutex_unlock(&talk->queue_lock);
	return stopped(talk, err);
}
