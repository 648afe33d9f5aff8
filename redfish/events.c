/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/events.h"

#include <string.h>

#include "core/io.h"
#include "core/log.h"
#include "core/time.h"
#include "redfish/back.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/sse.h"
#include "redfish/value.h"

#define VAIN_MAX     6u     /* streams one after the other that end soon and bring nothing */
#define VAIN_MS      10000u /* so soon */
#define RETRY_MIN_MS 100u
#define RETRY_MAX_MS 60000u

struct watching {
	struct rf_bmc *bmc;
	const struct rf_events_want *want;
	struct rf_sse *sse;
	char path[RF_PATH_MAX];
	bool opened;    /* this connection is a stream */
	unsigned taken; /* events of this connection */
	struct err err; /* of the stream's reader; code 0: none */
};

static void on_event(void *data, const struct rf_sse_event *event)
{
	struct watching *w = data;
	const struct rf_answer answer = {.body = (char *)event->data, .len = event->len};
	_cleanup_json_ json_t *payload = NULL;
	struct err err = {0};
	int r = rf_answer_json(&answer, "event", &payload, &err);

	w->taken++;
	w->want->take(w->want->data, event->id, r == 0 ? payload : NULL, r == 0 ? NULL : err.text);
}

static int on_bytes(void *data, const char *buf, size_t len)
{
	struct watching *w = data;

	w->opened = true;
	return rf_sse_feed(w->sse, buf, len, &w->err);
}

static int find_stream(struct watching *w, struct err *err)
{
	struct rf_bmc *bmc = w->bmc;
	_cleanup_json_ json_t *service = NULL;
	char path[RF_PATH_MAX];
	bool enabled = true;
	int r = rf_ref_at(bmc->root, "service root", "EventService/@odata.id", bmc->origin, path, err);

	if (r == 0 && path[0])
		r = rf_get(bmc, path, &service, NULL, err);
	if (r == 0 && service)
		r = rf_bool(service, path, "ServiceEnabled", &enabled, err);
	if (r == 0 && service)
		r = rf_ref_at(service, path, "ServerSentEventUri", bmc->origin, w->path, err);
	if (r < 0)
		return r;
	if (!enabled)
		return err_set(err, EOPNOTSUPP, "%s%s: the event service is switched off", bmc->origin, path);
	if (!w->path[0])
		return err_set(
			err, EOPNOTSUPP,
			"%s has no stream of events (no ServerSentEventUri); its log says what happened",
			bmc->origin);
	return 0;
}

/* Is it the procedure's end, which is the end of watching? */
static bool is_over(const struct watching *w, int r)
{
	return r == -ECANCELED || (r == -ETIMEDOUT && rf_time_left(w->bmc->loop) == 0);
}

/* One connection: 1 when it has ended by the BMC (*err, if it has a code, says why), 0 when it is enough, or an error. */
static int watch(struct watching *w, struct err *err)
{
	const struct rf_stream stream = {.last_id = rf_sse_last_id(w->sse), .sink = on_bytes, .data = w};
	const struct rf_call call = {.method = "GET", .path = w->path, .stream = &stream};
	_cleanup_(rf_answer_clear) struct rf_answer answer;
	int r;

	rf_sse_restart(w->sse);
	w->opened = false;
	w->taken = 0;
	err->code = 0;
	r = rf_call(w->bmc, &call, &answer, err);
	if (w->err.code) {
		*err = w->err;
		return err_prepend(err, "%s%s", w->bmc->origin, w->path);
	}
	if (r == 0 && answer.status != 200)
		r = rf_answer_refused(&answer, "GET", w->path, err);
	if (r < 0)
		return is_over(w, r) ? 0 : w->opened || rf_may_be_away(w->bmc, r) ? 1 : r;
	/* A stream that has had no byte yet cannot be told from an empty answer. */
	return w->opened || !answer.len
		       ? 1
		       : err_set(err, EPROTO, "%s%s is no stream of events (text/event-stream)",
				 w->bmc->origin, w->path);
}

static unsigned pause_of(const struct watching *w, unsigned vain)
{
	unsigned ms = w->bmc->times.backoff;

	if (rf_sse_retry(w->sse, &ms))
		ms = ms < RETRY_MIN_MS ? RETRY_MIN_MS : ms > RETRY_MAX_MS ? RETRY_MAX_MS : ms;
	return ms << (vain < 4 ? vain : 4);
}

/* Before another connection. A BMC that restarts is waited for. */
static int pause_before(struct watching *w, unsigned vain, bool away, struct err *err)
{
	int r;

	log_debug("%s%s: the stream has ended; once more", w->bmc->origin, w->path);
	r = rf_sleep(w->bmc->loop, pause_of(w, vain), err);
	return r == 0 && away ? rf_await_back(w->bmc, err) : r;
}

/* Connections one after the other. */
static int watch_on(struct watching *w, struct err *err)
{
	for (unsigned vain = 0;;) {
		uint64_t begun = monotonic_ns() / 1000000;
		int r = watch(w, err);

		if (r <= 0)
			return r;
		if (w->taken || monotonic_ns() / 1000000 - begun >= VAIN_MS)
			vain = 0;
		else if (++vain == VAIN_MAX)
			return err_set(err, EPROTO,
				       "%s%s: %u streams of events have ended and brought nothing",
				       w->bmc->origin, w->path, VAIN_MAX);
		r = pause_before(w, vain, !w->opened && err->code, err);
		if (r < 0)
			return is_over(w, r) ? 0 : r;
	}
}

/* One connection, which has to begin. */
static int watch_once(struct watching *w, struct err *err)
{
	int r = watch(w, err);

	if (r <= 0 || w->opened)
		return r > 0 ? 0 : r;
	return err->code ? -err->code
			 : err_set(err, ECONNRESET, "%s%s: the stream of events has ended before it began",
				   w->bmc->origin, w->path);
}

int rf_events(struct rf_bmc *bmc, const struct rf_events_want *want, struct err *err)
{
	struct watching w = {.bmc = bmc, .want = want};
	_cleanup_(rf_sse_freep) struct rf_sse *sse = rf_sse_new(on_event, &w);
	int r;

	w.sse = sse;
	r = find_stream(&w, err);
	if (r < 0)
		return is_over(&w, r) ? 0 : r;
	return want->follow ? watch_on(&w, err) : watch_once(&w, err);
}
