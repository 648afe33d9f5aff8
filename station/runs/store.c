/* SPDX-License-Identifier: Apache-2.0 */
/* Runs in the store, and the documents made of them. */
#include <stdio.h>
#include <string.h>

#include "core/time.h"
#include "station/orders.h"
#include "station/request.h"
#include "station/runs/runs.h"

static void read_row(const struct rows *rows, struct run *ret)
{
	*ret = (struct run){.seq = rows_int(rows, 0),
			    .created = rows_int(rows, 4),
			    .concurrency = rows_int(rows, 5),
			    .max_failures = rows_int(rows, 6),
			    .until_live = strcmp(rows_text(rows, 7), "live") == 0,
			    .return_leased = rows_int(rows, 8),
			    .cancelled = rows_int(rows, 9)};
	snprintf(ret->id, sizeof(ret->id), "%s", rows_text(rows, 1));
	snprintf(ret->image, sizeof(ret->image), "%s", rows_text(rows, 2));
	snprintf(ret->requested_by, sizeof(ret->requested_by), "%s", rows_text(rows, 3));
	snprintf(ret->manifest_sha256, sizeof(ret->manifest_sha256), "%s", rows_text(rows, 10) ?: "");
}

int run_by_id(struct store *store, const char *id, struct run *ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err,
			    "SELECT seq, id, image, requested_by, created, concurrency, max_failures, until,"
			    " return_leased, cancelled, manifest_sha256 FROM runs WHERE id = ?1",
			    "s", id);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	if (r == 0)
		return err_set(err, ENOENT, "there is no such run");
	read_row(&rows, ret);
	return 0;
}

/* ?2: is an order that is handed over still open? */
#define OPEN "(o.state IN ('pending', 'running') OR (o.state = 'handed-over' AND ?2))"
#define DONE "(o.state IN ('live', 'erased') OR (o.state = 'handed-over' AND NOT ?2))"

int run_count(struct store *store, const struct run *run, struct run_counts *ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err,
			    "SELECT count(*), sum(o.seq IS NULL AND rn.refused IS NULL),"
			    " sum(o.seq IS NULL AND rn.refused IS NOT NULL), sum(" OPEN "), sum(" DONE "),"
			    " sum(o.state = 'held'), sum(o.state = 'cancelled') FROM run_nodes rn"
			    " LEFT JOIN orders o ON o.run = rn.run AND o.node = rn.node WHERE rn.run = ?1",
			    "ii", run->seq, (int64_t)run->until_live);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	*ret = (struct run_counts){.nodes = rows_int(&rows, 0),
				   .waiting = rows_int(&rows, 1),
				   .refused = rows_int(&rows, 2),
				   .open = rows_int(&rows, 3),
				   .done = rows_int(&rows, 4),
				   .held = rows_int(&rows, 5),
				   .cancelled = rows_int(&rows, 6)};
	return 0;
}

static bool too_many_failures(const struct run *run, const struct run_counts *counts)
{
	return run->max_failures && counts->held >= run->max_failures;
}

int64_t run_free(const struct run *run, const struct run_counts *counts)
{
	int64_t slots = run->concurrency - counts->open;

	if (run->cancelled || too_many_failures(run, counts) || slots < 0)
		return 0;
	return counts->waiting < slots ? counts->waiting : slots;
}

static const char *run_state(const struct run *run, const struct run_counts *counts)
{
	if (run->cancelled)
		return "cancelled";
	if (counts->open)
		return "open";
	if (!counts->waiting)
		return "ended";
	return too_many_failures(run, counts) ? "stopped" : "open";
}

int run_summary(struct store *store, const struct run *run, json_t **ret, struct err *err)
{
	char created[TIME_TEXT_SIZE];
	struct run_counts n;
	int r = run_count(store, run, &n, err);

	if (r < 0)
		return r;
	time_format(run->created, created);
	*ret = json_pack("{s:s, s:s, s:s?, s:s, s:s, s:I, s:I, s:s, s:b, s:I,"
			 " s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I}}",
			 "id", run->id, "state", run_state(run, &n), "image", *run->image ? run->image : NULL,
			 "requested_by", run->requested_by, "created", created, "concurrency",
			 run->concurrency, "max_failures", run->max_failures, "until",
			 run->until_live ? "live" : "handed-over", "return_leased", (int)run->return_leased,
			 "free", run_free(run, &n), "counts", "nodes", n.nodes, "waiting", n.waiting,
			 "refused", n.refused, "open", n.open, "done", n.done, "held", n.held, "cancelled",
			 n.cancelled);
	return *ret ? 0 : err_set(err, ENOMEM, "out of memory");
}

int run_wish(struct store *store, const struct run *run, json_t **ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	const char *text;
	int r = store_query(store, &rows, err, "SELECT wish FROM runs WHERE seq = ?1", "i", run->seq);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	text = r ? rows_text(&rows, 0) : "";
	if (json_parse(text, strlen(text), ret, err) < 0)
		return err_set(err, EIO, "store: run %s cannot be read", run->id);
	return 0;
}

/* A node of the run: with its order and, until that runs, what is being done to have it run; or why it has none. */
static json_t *node_json(const struct rows *rows)
{
	char created[TIME_TEXT_SIZE], updated[TIME_TEXT_SIZE];
	const char *order = rows_text(rows, 1), *refused = rows_text(rows, 7);

	time_format(rows_int(rows, 5), created);
	time_format(rows_int(rows, 6), updated);
	return json_pack("{s:s, s:s?, s:s, s:s?, s:s?, s:s?, s:s?, s:s?}", "node", rows_text(rows, 0),
			 "order", order, "state",
			 order     ? rows_text(rows, 2)
			 : refused ? "refused"
				   : "waiting",
			 "step", rows_text(rows, 3), "reason", order ? rows_text(rows, 4) : refused,
			 "created", order ? created : NULL, "updated", order ? updated : NULL, "note",
			 rows_text(rows, 8));
}

static int read_nodes(struct store *store, const struct run *run, json_t *nodes, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(
		store, &rows, err,
		"SELECT n.name, o.id, o.state, o.step, o.reason, o.created, o.updated, rn.refused,"
		" CASE WHEN o.state = 'pending' THEN (SELECT json_extract(e.event, '$.text') FROM events e"
		" WHERE e.order_seq = o.seq AND e.kind = 'note' ORDER BY e.id DESC LIMIT 1) END"
		" FROM run_nodes rn JOIN nodes n ON n.id = rn.node"
		" LEFT JOIN orders o ON o.run = rn.run AND o.node = rn.node WHERE rn.run = ?1"
		" ORDER BY rn.place",
		"i", run->seq);

	if (r < 0)
		return r;
	while ((r = rows_next(&rows, err)) > 0)
		if (json_array_append_new(nodes, node_json(&rows)) < 0)
			return err_set(err, EIO, "store: run %s cannot be read", run->id);
	return r;
}

int run_reply(struct request *req, unsigned status, const char *id, struct err *err)
{
	struct store *store = req->station->store;
	_cleanup_json_ json_t *json = NULL, *wish = NULL, *nodes = json_array();
	char now[TIME_TEXT_SIZE];
	int64_t last = 0;
	struct run run;
	int r = run_by_id(store, id, &run, err);

	if (r == 0)
		r = run_summary(store, &run, &json, err);
	if (r == 0)
		r = run_wish(store, &run, &wish, err);
	if (r == 0)
		r = order_complete(req->station, wish, NULL, err);
	if (r == 0)
		r = read_nodes(store, &run, nodes, err);
	if (r == 0)
		r = store_int(store, err, 0, &last, "SELECT max(id) FROM events", "");
	if (r < 0)
		return r;
	json_object_set(json, "order", wish);
	json_object_set(json, "nodes", nodes);
	json_object_set_new(json, "last_event", json_integer(last));
	time_format(time(NULL), now);
	json_object_set_new(json, "now", json_string(now));
	return reply_json(req, status, TAKE_PTR(json), err);
}
