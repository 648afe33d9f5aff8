/* SPDX-License-Identifier: Apache-2.0 */
#include "station/tenancy.h"

#include <string.h>

#include "core/io.h"
#include "core/log.h"
#include "protocol/tenancy.h"
#include "station/calls.h"
#include "station/nodes.h"
#include "station/orders.h"
#include "station/own_events.h"
#include "station/tenancy_gpus.h"

#define KEPT     4  /* orders of a node whose inventories are kept */
#define TOLD_MAX 32 /* differences that become events */

/* An order that has handed its node over, and how the machine was then. */
struct handover {
	int64_t order;
	char id[65];
	char *text; /* the inventory */
};

static void handover_clear(struct handover *h)
{
	free(h->text);
}

/*
 * The node's newest order before this one that has an inventory, where it ended in a handover: else nobody had the machine in between. 1: there is
 * one, 0: there is none.
 */
static int find_handover(struct store *store, int64_t node, int64_t before, struct handover *ret,
			 struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	const char *state;
	int r = store_query(store, &rows, err,
			    "SELECT o.seq, o.id, o.state, i.newest FROM orders o JOIN inventories i ON "
			    "i.order_seq = o.seq"
			    " WHERE o.node = ?1 AND o.seq < ?2 ORDER BY o.seq DESC LIMIT 1",
			    "ii", node, before);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r <= 0)
		return r;
	state = rows_text(&rows, 2);
	if (strcmp(state, order_state_name(ORDER_HANDED_OVER)) != 0 &&
	    strcmp(state, order_state_name(ORDER_LIVE)) != 0)
		return 0;
	ret->order = rows_int(&rows, 0);
	snprintf(ret->id, sizeof(ret->id), "%s", rows_text(&rows, 1));
	ret->text = xstrdup(rows_text(&rows, 3));
	return 1;
}

static int compare(const char *was, const json_t *is, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *before = NULL;
	int r = json_parse(was, strlen(was), &before, err);

	return r < 0 ? r : tenancy_compare(before, is, ret, err);
}

static int tell(struct store *store, int64_t order, const struct handover *h, const json_t *found,
		struct err *err)
{
	size_t n = json_array_size(found);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n && i < TOLD_MAX; i++) {
		const char *text = json_string_value(json_object_get(json_array_get(found, i), "text"));
		_cleanup_free_ char *line = str_printf("since order %s: %s", h->id, text);

		r = own_event_note(store, order, "tenancy", line, err);
	}
	if (r == 0 && n > TOLD_MAX)
		r = own_event_note(store, order, "tenancy", "and more: remint node tenancy has them all",
				   err);
	return r;
}

/* What cannot be compared is no reason to refuse the agent's inventory. */
static int tell_changes(struct store *store, int64_t order, int64_t node, const json_t *inventory,
			struct err *err)
{
	_cleanup_(handover_clear) struct handover h = {};
	_cleanup_json_ json_t *found = NULL;
	struct err why = {};
	int r = find_handover(store, node, order, &h, err);

	if (r <= 0)
		return r;
	if (compare(h.text, inventory, &found, &why) < 0) {
		log_warn("order %lld: what its node's tenancy has changed is not known: %s", (long long)order,
			 why.text);
		return 0;
	}
	return tell(store, order, &h, found, err);
}

int tenancy_hear(struct store *store, int64_t order, int64_t node, const json_t *inventory, const char *text,
		 struct err *err)
{
	int r = store_exec(store, err, "UPDATE inventories SET newest = ?1 WHERE order_seq = ?2", "si", text,
			   order);

	if (r != 0)
		return r < 0 ? r : 0;
	r = store_exec(store, err, "INSERT INTO inventories (order_seq, first, newest) VALUES (?1, ?2, ?2)",
		       "is", order, text);
	if (r >= 0)
		r = store_exec(
			store, err,
			"DELETE FROM inventories WHERE order_seq IN (SELECT i.order_seq FROM inventories i"
			" JOIN orders o ON o.seq = i.order_seq WHERE o.node = ?1 ORDER BY o.seq DESC LIMIT "
			"-1 OFFSET ?2)",
			"ii", node, (int64_t)KEPT);
	return r < 0 ? r : tell_changes(store, order, node, inventory, err);
}

int tenancy_certified(struct store *store, int64_t order, const char *id, int64_t node, struct err *err)
{
	_cleanup_(handover_clear) struct handover h = {};
	_cleanup_json_ json_t *found = json_array();
	_cleanup_free_ char *why = NULL;
	int r = find_handover(store, node, order, &h, err);

	if (r <= 0)
		return r;
	r = tenancy_gpus(store, h.order, id, found, &why, err);
	return r < 0 ? r : tell(store, order, &h, found, err);
}

/* How the machine came back: the first inventory of the order after the handover, else what it has told since. 1: it has, 0: not yet. */
static int find_return(struct store *store, const struct node *node, const struct handover *h,
		       char **ret_order, char **ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(
		store, &rows, err,
		"SELECT o.id, i.first FROM orders o JOIN inventories i ON i.order_seq = o.seq"
		" WHERE o.node = ?1 AND o.seq > ?2"
		" UNION ALL SELECT NULL, inventory FROM nodes WHERE id = ?1 AND inventory IS NOT ?3 LIMIT 1",
		"iis", node->id, h->order, h->text);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r <= 0)
		return r;
	*ret_order = rows_text(&rows, 0) ? xstrdup(rows_text(&rows, 0)) : NULL;
	*ret = xstrdup(rows_text(&rows, 1));
	return 1;
}

/* The newest order of the node that has handed it over. */
static int newest_handover(struct store *store, const struct node *node, struct handover *ret,
			   struct err *err)
{
	int64_t seq = 0;
	int r = store_int(store, err, 0, &seq,
			  "SELECT max(o.seq) FROM orders o JOIN inventories i ON i.order_seq = o.seq"
			  " WHERE o.node = ?1 AND o.state IN ('handed-over', 'live')",
			  "i", node->id);

	if (r == 0)
		r = find_handover(store, node->id, seq + 1, ret, err);
	return r;
}

int call_node_tenancy(struct request *req, struct err *err)
{
	_cleanup_(handover_clear) struct handover h = {};
	_cleanup_free_ char *order = NULL, *text = NULL, *no_gpus = NULL;
	_cleanup_json_ json_t *after = NULL, *found = NULL;
	struct store *store = req->station->store;
	struct node node;
	int r = node_by_name(store, req->param[0], &node, err);

	if (r == 0)
		r = newest_handover(store, &node, &h, err);
	if (r < 0)
		return r;
	if (r == 0)
		return err_set(err, ENOENT, "no order has handed %s over yet", node.name);
	r = find_return(store, &node, &h, &order, &text, err);
	if (r == 0)
		return err_set(err, ESTALE, "%s has not been looked at since order %s handed it over",
			       node.name, h.id);
	if (r > 0)
		r = json_parse(text, strlen(text), &after, err);
	if (r == 0)
		r = compare(h.text, after, &found, err);
	if (r == -ENODATA)
		return err_set(err, ESTALE, "what order %s told of %s is no inventory of a machine", h.id,
			       node.name);
	if (r == 0)
		r = tenancy_gpus(store, h.order, order, found, &no_gpus, err);
	if (r < 0)
		return r;
	return reply_json(req, 200,
			  json_pack("{s:s, s:s, s:s?, s:O, s:s?}", "node", node.name, "handed_over_by", h.id,
				    "returned_to", order, "differences", found, "gpus_not_compared", no_gpus),
			  err);
}
