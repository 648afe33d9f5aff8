/* SPDX-License-Identifier: Apache-2.0 */
/* Events: taken from agents in batches, given to operators who may wait for them. */
#include <string.h>

#include "core/time.h"
#include "protocol/event.h"
#include "station/calls.h"
#include "station/nodes.h"
#include "station/orders.h"
#include "station/overdue.h"

#define EVENTS_AT_ONCE  1000
#define WAIT_MAX_S      30
#define EVENTS_OF_LEASE 200000 /* an agent that says more than this is out of order */

static int store_event(struct request *req, const json_t *json, uint64_t *last, struct err *err)
{
	struct store *store = req->station->store;
	_cleanup_json_ json_t *normal = NULL;
	_cleanup_free_ char *text = NULL;
	struct event event;
	size_t len;
	int r = event_from_json(json, &event, err);

	if (r < 0)
		return r;
	if (event.seq <= *last)
		return err_set(err, EBADMSG, "events: seq %llu does not rise", (unsigned long long)event.seq);
	if (event.seq > EVENTS_OF_LEASE)
		return err_set(err, EFBIG, "events: at most %d a lease", EVENTS_OF_LEASE);
	*last = event.seq;
	normal = event_to_json(&event);
	text = normal ? json_canonical(normal, &len) : NULL;
	if (!text)
		return err_set(err, ENOMEM, "out of memory");
	r = store_exec(store, err,
		       "INSERT INTO events (lease, seq, order_seq, kind, event) VALUES (?1, ?2, nullif(?3, "
		       "0), ?4, ?5)"
		       " ON CONFLICT (lease, seq) DO NOTHING",
		       "iiiss", req->caller.id, (int64_t)event.seq, req->caller.order,
		       event_kind_name(event.kind), text);
	if (r > 0 && event.kind == EVENT_STEP_BEGUN && req->caller.order)
		r = store_exec(
			store, err,
			"UPDATE orders SET step = ?1, updated = ?2 WHERE seq = ?3 AND state = 'running'",
			"sii", event.step, (int64_t)time(NULL), req->caller.order);
	return r < 0 ? r : 0;
}

int call_events_add(struct request *req, struct err *err)
{
	static const char *const keys[] = {"events", NULL};
	struct store *store = req->station->store;
	_cleanup_json_ json_t *json = NULL;
	json_t *events = NULL, *event;
	struct order_row order = {0};
	uint64_t last = 0;
	int64_t acked = 0;
	size_t i;
	int r = request_json(req, "events", keys, &json, err);

	if (r == 0)
		r = json_get_array(json, "events", "events", EVENT_BATCH_MAX, &events, err);
	if (r < 0)
		return r;
	json_array_foreach(events, i, event) {
		r = store_event(req, event, &last, err);
		if (r < 0)
			return r;
	}
	r = store_int(store, err, 0, &acked, "SELECT max(seq) FROM events WHERE lease = ?1", "i",
		      req->caller.id);
	/* Progress that was dropped when the order ended counts as stored. */
	if (acked < (int64_t)last)
		acked = (int64_t)last;
	if (r == 0 && req->caller.node)
		r = overdue_ends(store, req->caller.node, err);
	if (r == 0 && req->caller.order)
		r = order_by_seq(store, req->caller.order, &order, err);
	if (r < 0)
		return r;
	req->wake = true;
	return reply_json(req, 200,
			  json_pack("{s:I, s:b}", "acked", (json_int_t)acked, "cancelled",
				    (int)(req->caller.order && order.state == ORDER_CANCELLED)),
			  err);
}

static int list_events(struct request *req, uint64_t after, json_t *events, int64_t *last, struct err *err)
{
	const char *order = target_arg(&req->target, "order"), *run = target_arg(&req->target, "run");
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(
		req->station->store, &rows, err,
		"SELECT e.id, o.id, n.name, e.event FROM events e LEFT JOIN orders o ON o.seq = e.order_seq"
		" LEFT JOIN leases l ON l.id = e.lease LEFT JOIN nodes n ON n.id = coalesce(o.node, l.node)"
		" WHERE e.id > ?1 AND (?2 IS NULL OR o.id = ?2)"
		" AND (?4 IS NULL OR o.run = (SELECT seq FROM runs WHERE id = ?4)) ORDER BY e.id LIMIT ?3",
		"isis", (int64_t)after, order, (int64_t)EVENTS_AT_ONCE, run);

	if (r < 0)
		return r;
	while ((r = rows_next(&rows, err)) > 0) {
		json_t *event = json_loads(rows_text(&rows, 3), 0, NULL);

		*last = rows_int(&rows, 0);
		json_object_update_new(event, json_pack("{s:I, s:s?, s:s?}", "id", (json_int_t)*last, "order",
							rows_text(&rows, 1), "node", rows_text(&rows, 2)));
		json_array_append_new(events, event);
	}
	return r;
}

int call_events(struct request *req, struct err *err)
{
	static const char *const args[] = {"after", "order", "run", "wait", NULL};
	_cleanup_json_ json_t *events = json_array();
	uint64_t after = 0, wait = 0, now = monotonic_ns();
	int64_t last;
	int r = request_args_only(req, args, err);

	if (r == 0)
		r = request_arg_u64(req, "after", INT64_MAX, &after, err);
	if (r == 0)
		r = request_arg_u64(req, "wait", WAIT_MAX_S, &wait, err);
	last = (int64_t)after;
	if (r == 0)
		r = list_events(req, after, events, &last, err);
	if (r < 0)
		return r;
	if (!req->wait_until)
		req->wait_until = now + wait * 1000000000ull;
	if (json_array_size(events) == 0 && now < req->wait_until) {
		req->wait = true;
		return 0;
	}
	return reply_json(req, 200, json_pack("{s:O, s:I}", "events", events, "last", (json_int_t)last), err);
}
