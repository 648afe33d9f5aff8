/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/reimage/follow.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "agent/hw/terminal.h"
#include "cli/stop.h"
#include "core/io.h"
#include "core/time.h"

#define SECOND       1000000000ull
#define REFRESH_NS   (1 * SECOND) /* between looks at the run itself */
#define WAIT_SECONDS 1            /* of one poll for events: a drawing at least as often */
#define PAUSE_MAX_S  10           /* between tries when the station is not heard */
#define COLUMNS_MIN  20           /* a narrower terminal wraps */
#define LINES_MIN    3
#define EVENT_ROUNDS 64 /* polls in a row that brought something */

struct state {
	struct reimage_follow *follow;
	struct http *http;
	uint64_t end_ns; /* 0: none */
	uint64_t look_ns, last_event;
	bool begun; /* last_event is known */
	json_t **run;
};

static bool timed_out(const struct state *s)
{
	return s->end_ns && monotonic_ns() >= s->end_ns;
}

static bool must_stop(void *data)
{
	return stop_asked(NULL) || timed_out(data);
}

/* The run as the station answers it to a GET, or to a POST that had it make orders. */
static int look(struct state *s, const char *method, const char *tail, struct err *err)
{
	_cleanup_free_ char *target = str_printf("/v1/runs/%s%s", s->follow->run, tail);
	json_t *answer = NULL;
	int r = client_json(s->http, method, target, NULL, &answer, err);

	if (r < 0)
		return r;
	json_decref(*s->run);
	*s->run = answer;
	if (!s->begun)
		s->last_event = (uint64_t)json_integer_value(json_object_get(answer, "last_event"));
	s->begun = true;
	s->look_ns = monotonic_ns();
	reimage_view_run(&s->follow->view, answer);
	return 0;
}

static int take_events(struct state *s, struct err *err)
{
	for (unsigned round = 0; round < EVENT_ROUNDS; round++) {
		_cleanup_json_ json_t *answer = NULL;
		_cleanup_free_ char *target =
			str_printf("/v1/events?run=%s&after=%" PRIu64 "&wait=%d", s->follow->run,
				   s->last_event, round ? 0 : WAIT_SECONDS);
		json_t *event;
		size_t i;
		int r = client_json(s->http, "GET", target, NULL, &answer, err);

		if (r < 0)
			return r;
		json_array_foreach(json_object_get(answer, "events"), i, event)
			reimage_view_event(&s->follow->view, event, monotonic_ns());
		s->last_event = (uint64_t)json_integer_value(json_object_get(answer, "last"));
		if (!json_array_size(json_object_get(answer, "events")))
			break;
	}
	return 0;
}

static bool ended(const struct state *s)
{
	return strcmp(s->follow->view.state, "open") != 0 && !s->follow->view.counts.open;
}

static int one_round(struct state *s, struct err *err)
{
	int r = 0;

	if (!s->begun || monotonic_ns() - s->look_ns > REFRESH_NS)
		r = look(s, "GET", "", err);
	if (r == 0 && json_integer_value(json_object_get(*s->run, "free")) > 0)
		r = look(s, "POST", "/begin", err);
	if (r == 0 && !ended(s))
		r = take_events(s, err);
	return r;
}

static void draw(struct reimage_view *view)
{
	struct terminal_size size;

	if (!view->terminal || !view->rows)
		return;
	size = terminal_size(fileno(view->to));
	reimage_draw(view, size.columns < COLUMNS_MIN ? COLUMNS_MIN : size.columns,
		     size.lines < LINES_MIN ? LINES_MIN : size.lines, time(NULL) + view->ahead);
}

/* A signal ends it. */
static void pause_for(struct state *s, unsigned seconds)
{
	uint64_t end = monotonic_ns() + seconds * SECOND;

	while (monotonic_ns() < end && !must_stop(s)) {
		nanosleep(&(struct timespec){.tv_nsec = 200 * 1000000}, NULL);
		draw(&s->follow->view);
	}
}

static int rounds(struct state *s, enum reimage_end *ret, struct err *err)
{
	struct reimage_view *view = &s->follow->view;
	unsigned pause = 1;

	while (!must_stop(s)) {
		int r = one_round(s, err);

		if (r < 0 && must_stop(s))
			break;
		if (r < 0 && !http_transient(r))
			return r;
		reimage_view_trouble(view, r < 0 ? err->text : NULL);
		draw(view);
		if (r < 0) {
			pause_for(s, pause);
			pause = pause < PAUSE_MAX_S / 2 ? pause * 2 : PAUSE_MAX_S;
			continue;
		}
		pause = 1;
		if (ended(s)) {
			*ret = REIMAGE_ENDED;
			return 0;
		}
	}
	*ret = stop_asked(NULL) ? REIMAGE_INTERRUPTED : REIMAGE_TIMED_OUT;
	return 0;
}

int reimage_follow(struct reimage_follow *follow, json_t **run, enum reimage_end *ret, struct err *err)
{
	_cleanup_(http_freep) struct http *http = NULL;
	struct state s = {.follow = follow, .run = run};
	struct client_options client = follow->client;
	int r;

	if (follow->timeout)
		s.end_ns = monotonic_ns() + follow->timeout * SECOND;
	client.cancelled = must_stop;
	client.cancelled_data = &s;
	r = client_open(&client, &http, err);
	if (r < 0)
		return r;
	s.http = http;
	r = rounds(&s, ret, err);
	draw(&follow->view);
	return r;
}
