/* SPDX-License-Identifier: Apache-2.0 */
/* remint watch: follows the station's orders and events until they end or the person has seen enough. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "cli/client.h"
#include "cli/verbs.h"
#include "cli/watch/view.h"
#include "core/io.h"
#include "core/time.h"
#include "protocol/node.h"

#define WAIT_SECONDS   2  /* of one poll for events */
#define PATIENCE       60 /* seconds without the station before watching ends */
#define EVENTS_A_ROUND 64 /* polls in a row that brought something, before orders are asked for again */

static int update_orders(struct http *http, struct watch_view *view, const char *wanted, struct err *err)
{
	_cleanup_json_ json_t *answer = NULL;
	json_t *order;
	size_t i;
	int r = client_json(http, "GET", "/v1/orders", NULL, &answer, err);

	if (r < 0)
		return r;
	json_array_foreach(json_object_get(answer, "orders"), i, order)
		if (!wanted || !strcmp(wanted, json_text(order, "id")))
			watch_order(view, order, wanted);
	return wanted && !watch_find(view, wanted) ? err_set(err, ENOENT, "there is no order %s", wanted) : 0;
}

/* Takes what events there are, waiting for the first for `wait` seconds. */
static int update_events(struct http *http, struct watch_view *view, uint64_t *last, struct err *err)
{
	for (unsigned round = 0; round < EVENTS_A_ROUND; round++) {
		_cleanup_json_ json_t *answer = NULL;
		_cleanup_free_ char *target =
			str_printf("/v1/events?after=%" PRIu64 "&wait=%d", *last, round ? 0 : WAIT_SECONDS);
		json_t *event;
		size_t i;
		int r = client_json(http, "GET", target, NULL, &answer, err);

		if (r < 0)
			return r;
		json_array_foreach(json_object_get(answer, "events"), i, event)
			watch_event(view, event, monotonic_ns());
		*last = (uint64_t)json_integer_value(json_object_get(answer, "last"));
		if (!json_array_size(json_object_get(answer, "events")))
			break;
	}
	return 0;
}

/* 0 live or erased, 1 held or cancelled, -1 not yet; without a wanted order when every row has ended. */
static int ended(const struct watch_view *view, const char *wanted)
{
	int worst = view->n_rows ? EXIT_SUCCESS : -1;

	for (unsigned i = 0; i < view->n_rows; i++) {
		const struct watch_row *row = &view->rows[i];

		if (wanted && strcmp(wanted, row->order) != 0)
			continue;
		if (!watch_ended(row->state))
			return -1;
		if (!watch_ended_well(row->state))
			worst = EXIT_FAILURE;
	}
	return worst;
}

static int watch(struct http *http, struct watch_view *view, const char *wanted, bool until_done,
		 struct err *err)
{
	uint64_t last = 0, heard = monotonic_ns();

	for (;;) {
		int r = update_orders(http, view, wanted, err);

		if (r == 0)
			r = update_events(http, view, &last, err);
		if (r < 0 && !http_transient(r))
			return r;
		if (r == 0) {
			heard = monotonic_ns();
			watch_draw(view);
			if (until_done && ended(view, wanted) >= 0)
				return ended(view, wanted);
			continue;
		}
		if (monotonic_ns() - heard > PATIENCE * 1000000000ull)
			return err_prepend(err, "not heard from the station for %d s", PATIENCE);
		nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
	}
}

int verb_watch(int argc, char **argv)
{
	struct client_options client = {};
	const char *wanted = NULL;
	bool until_done = false;
	const struct arg_option options[] = {
		{"order", ARG_TEXT, &wanted, "ID", "this order alone"},
		{"until-done", ARG_FLAG, &until_done, "",
		 "end with the orders: 0 when live or erased, 1 when held or cancelled"},
		CLIENT_ARGS(&client),
		{},
	};
	const struct arg_spec spec = {
		"remint watch",
		"Shows open orders as they proceed: a line a node with step, bar, rate and time left; plain\n"
		"lines when the output is not a terminal.",
		options, 0, 0};
	_cleanup_(http_freep) struct http *http = NULL;
	_cleanup_free_ struct watch_view *view = NULL;
	struct err err;
	int r;
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (wanted && !name_valid(wanted))
		return fail_with((err_set(&err, EINVAL, "'%s' is not an order's id", wanted), &err));
	if (client_open(&client, &http, &err) < 0)
		return fail_with(&err);
	view = xcalloc(1, sizeof(*view));
	view->terminal = isatty(STDOUT_FILENO);
	r = watch(http, view, wanted, until_done, &err);
	return r < 0 ? fail_with(&err) : r;
}
