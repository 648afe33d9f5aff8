/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/loop.h"

#include <limits.h>

#include "core/http_easy.h"
#include "core/io.h"
#include "core/time.h"
#include "redfish/co.h"

#define POLL_MS 100
#define NEVER   UINT64_MAX

/* A procedure. All times are monotonic_ns() in ms. */
struct procedure {
	struct rf_co *co;
	struct procedure *next;
	bool ready;       /* is to go on */
	CURL *curl;       /* the transfer that it waits for */
	CURLcode code;    /* ... and how that has ended */
	bool transferred; /* ... if it has */
	uint64_t wake, deadline;
	uint64_t shield;           /* when the shield breaks; 0: there is none */
	bool (*asked)(void *data); /* whether this one is to stop; NULL: never */
	void *data;
	bool stopped;
};

struct rf_loop {
	CURLM *multi;
	struct procedure *first, **last, *current;
	struct rf_loop_options options;
	bool stopped;
	CURLMcode failed;
};

static uint64_t now_ms(void)
{
	return monotonic_ns() / 1000000;
}

int rf_loop_new(const struct rf_loop_options *options, struct rf_loop **ret, struct err *err)
{
	_cleanup_(rf_loop_freep) struct rf_loop *loop = xcalloc(1, sizeof(*loop));

	http_init();
	loop->last = &loop->first;
	loop->options = *options;
	loop->multi = curl_multi_init();
	if (!loop->multi)
		return err_sys(err, ENOMEM, "HTTP client");
	*ret = TAKE_PTR(loop);
	return 0;
}

void rf_loop_free(struct rf_loop *loop)
{
	struct procedure *p;

	if (!loop)
		return;
	while ((p = loop->first)) { /* never begun */
		loop->first = p->next;
		rf_co_free(p->co);
		free(p);
	}
	if (loop->multi)
		curl_multi_cleanup(loop->multi);
	free(loop);
}

int rf_spawn(struct rf_loop *loop, void (*run)(void *data), void *data, struct err *err)
{
	struct procedure *p = xcalloc(1, sizeof(*p));
	int r = rf_co_new(run, data, &p->co, err);

	if (r < 0) {
		free(p);
		return r;
	}
	p->ready = true;
	p->wake = p->deadline = NEVER;
	*loop->last = p;
	loop->last = &p->next;
	return 0;
}

/* When the procedure's time is over. */
static uint64_t end_of(const struct procedure *p)
{
	return p->shield ? p->shield : p->deadline;
}

static void resume_ready(struct rf_loop *loop)
{
	struct procedure **link = &loop->first, *p;

	while ((p = *link)) {
		bool ended = false;

		if (p->ready) {
			p->ready = false;
			loop->current = p;
			ended = rf_co_resume(p->co);
			loop->current = NULL;
		}
		if (!ended) {
			link = &p->next;
			continue;
		}
		*link = p->next;
		if (loop->last == &p->next)
			loop->last = link;
		rf_co_free(p->co);
		free(p);
	}
}

static int wait_ms(const struct rf_loop *loop)
{
	uint64_t now = now_ms(), until = now + POLL_MS;

	for (const struct procedure *p = loop->first; p; p = p->next) {
		uint64_t end = p->wake < end_of(p) ? p->wake : end_of(p);

		if (p->ready || end <= now)
			return 0;
		if (end < until)
			until = end;
	}
	return (int)(until - now);
}

static void move(struct rf_loop *loop)
{
	CURLMcode code = curl_multi_poll(loop->multi, NULL, 0, wait_ms(loop), NULL);
	const CURLMsg *msg;
	int running, left;

	if (code == CURLM_OK)
		code = curl_multi_perform(loop->multi, &running);
	if (code != CURLM_OK)
		loop->failed = code;
	while ((msg = curl_multi_info_read(loop->multi, &left))) {
		struct procedure *p = NULL;

		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &p);
		p->code = msg->data.result;
		p->transferred = p->ready = true;
	}
}

static bool is_stopped(const struct rf_loop *loop, const struct procedure *p)
{
	return loop->stopped || p->stopped;
}

static void wake(struct rf_loop *loop)
{
	uint64_t now = now_ms();

	if (!loop->stopped && loop->options.cancelled)
		loop->stopped = loop->options.cancelled(loop->options.data);
	for (struct procedure *p = loop->first; p; p = p->next) {
		if (p->asked && !p->stopped)
			p->stopped = p->asked(p->data);
		if (loop->failed || now >= p->wake || now >= end_of(p) || (is_stopped(loop, p) && !p->shield))
			p->ready = true;
	}
}

int rf_loop_run(struct rf_loop *loop, struct err *err)
{
	for (;;) {
		resume_ready(loop);
		if (!loop->first)
			break;
		move(loop);
		wake(loop);
	}
	return loop->failed ? err_set(err, EIO, "HTTP client: %s", curl_multi_strerror(loop->failed)) : 0;
}

/* May the procedure wait (any longer)? */
static int may_wait(struct rf_loop *loop, struct err *err)
{
	const struct procedure *p = loop->current;

	if (loop->failed)
		return err_set(err, EIO, "HTTP client: %s", curl_multi_strerror(loop->failed));
	if (is_stopped(loop, p) && !p->shield)
		return err_set(err, ECANCELED, "stopped");
	if (now_ms() >= end_of(p))
		return err_set(err, ETIMEDOUT, "the time that this may take is over");
	return 0;
}

int rf_sleep(struct rf_loop *loop, unsigned ms, struct err *err)
{
	struct procedure *p = loop->current;
	int r = may_wait(loop, err);

	if (r < 0)
		return r;
	p->wake = now_ms() + ms;
	rf_co_yield(p->co);
	p->wake = NEVER;
	return may_wait(loop, err);
}

int rf_transfer(struct rf_loop *loop, CURL *curl, CURLcode *ret_code, struct err *err)
{
	struct procedure *p = loop->current;
	CURLMcode code;
	int r = may_wait(loop, err);

	if (r < 0)
		return r;
	p->transferred = false;
	curl_easy_setopt(curl, CURLOPT_PRIVATE, p);
	code = curl_multi_add_handle(loop->multi, curl);
	if (code != CURLM_OK)
		return err_set(err, EIO, "HTTP client: %s", curl_multi_strerror(code));
	rf_co_yield(p->co);
	curl_multi_remove_handle(loop->multi, curl);
	if (!p->transferred) {
		r = may_wait(loop, err);
		return r < 0 ? r : err_set(err, EIO, "HTTP client: woken without an answer");
	}
	*ret_code = p->code;
	return 0;
}

void rf_deadline(struct rf_loop *loop, unsigned ms)
{
	loop->current->deadline = now_ms() + ms;
}

unsigned rf_time_left(const struct rf_loop *loop)
{
	uint64_t end = end_of(loop->current), now = now_ms();

	if (end == NEVER)
		return UINT_MAX;
	return end <= now ? 0 : end - now < UINT_MAX ? (unsigned)(end - now) : UINT_MAX - 1;
}

void rf_stop_when(struct rf_loop *loop, bool (*asked)(void *data), void *data)
{
	loop->current->asked = asked;
	loop->current->data = data;
}

void rf_shield(struct rf_loop *loop, unsigned ms)
{
	loop->current->shield = now_ms() + ms;
}

void rf_unshield(struct rf_loop *loop)
{
	loop->current->shield = 0;
}
