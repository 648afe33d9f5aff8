/* SPDX-License-Identifier: Apache-2.0 */
/* The operators' calls about orders. */
#include "station/orders.h"

#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/time.h"
#include "protocol/order/order.h"
#include "station/bmc/store.h"
#include "station/calls.h"
#include "station/classes.h"
#include "station/drive/record.h"
#include "station/drive/row.h"
#include "station/nodes.h"
#include "station/order_wish.h"
#include "station/out_of_band/baselines.h"
#include "station/out_of_band/out_of_band.h"

#define ORDERS_LISTED 1000
#define COMMIT_S      300                  /* seconds */
#define NO_IMAGE      "none, to be erased" /* in the audit trail */

/* The order must be one that an agent takes. */
static int check_document(const struct station *station, int64_t seq, struct err *err)
{
	char token[TOKEN_SIZE], hash[SHA256_HEX_SIZE];
	_cleanup_(order_freep) struct order *order = NULL;
	_cleanup_json_ json_t *json = NULL;
	int r;

	token_make(token, hash);
	r = order_document(station, seq, token, &json, err);
	return r < 0 ? r : order_from_json(json, &order, err);
}

static int check_node(struct store *store, const struct node *node, struct err *err)
{
	int64_t open = 0;
	int r;

	if (!node_state_takes_orders(node->state))
		return err_set(err, ESTALE,
			       "node %s is %s and takes no order: set it to 'returned' first, when its "
			       "tenant has left",
			       node->name, node_state_name(node->state));
	r = node_open_order(store, node->id, &open, err);
	if (r == 0 && open)
		return err_set(err, ESTALE, "node %s has an open order: wait for its end, or cancel it",
			       node->name);
	return r;
}

static int insert_order(struct request *req, const struct node *node, const struct order_wish *wish,
			int64_t run, int64_t *ret_seq, struct err *err)
{
	struct store *store = req->station->store;
	_cleanup_free_ char *body = NULL;
	char id[2 + 16 + 1] = "o-";
	uint8_t random[8];
	int64_t now = time(NULL);
	int r;

	random_bytes(random, sizeof(random));
	hex_encode(random, sizeof(random), id + 2);
	r = order_wish_body(req->station, id, wish, &body, err);
	if (r == 0)
		r = store_exec(
			store, err,
			"INSERT INTO orders (id, node, image, state, requested_by, created, updated, "
			"body, begin_by, run)"
			" VALUES (?1, ?2, ?3, 'pending', ?4, ?5, ?5, ?6, nullif(?7, 0), nullif(?8, 0))",
			"sissisii", id, node->id, wish->image ?: "", req->caller.name, now, body,
			wish->begin_within ? now + (int64_t)wish->begin_within : 0, run);
	if (r >= 0)
		r = store_int(store, err, 0, ret_seq, "SELECT seq FROM orders WHERE id = ?1", "s", id);
	if (r == 0)
		snprintf(req->object, sizeof(req->object), "%s: node %s, image %s", id, node->name,
			 wish->image ?: NO_IMAGE);
	return r;
}

/* Is the station to start the machine itself? */
static int add_drive(struct store *store, const struct node *node, const struct order_wish *wish, int64_t seq,
		     struct err *err)
{
	int r = wish->bmc == ORDER_BMC_NEVER ? 0 : bmc_store_has(store, node->id, NULL, err);

	if (r == 0 && wish->bmc == ORDER_BMC_MUST)
		r = err_set(err, EBADMSG, "order.bmc: node %s has no BMC", node->name);
	return r > 0 ? drive_row_add(store, seq, err) : r;
}

static int reply_order(struct request *req, unsigned status, int64_t seq, struct err *err)
{
	_cleanup_json_ json_t *summary = NULL, *order = NULL, *bmc = NULL, *out_of_band = NULL;
	int r = order_summary(req->station->store, seq, &summary, err);

	if (r == 0)
		r = order_document(req->station, seq, NULL, &order, err);
	if (r == 0)
		r = drive_shown(req->station->store, seq, &bmc, err);
	if (r == 0)
		r = out_of_band_stored(req->station->store, seq, &out_of_band, err);
	if (r < 0)
		return r;
	json_object_set(summary, "order", order);
	json_object_set(summary, "bmc", bmc);
	json_object_set_new(summary, "out_of_band", out_of_band ? json_incref(out_of_band) : json_null());
	return reply_json(req, status, TAKE_PTR(summary), err);
}

int order_add(struct request *req, const struct order_wish *wish, int64_t run, int64_t *ret_seq,
	      struct err *err)
{
	struct store *store = req->station->store;
	struct node node;
	int64_t seq = 0;
	int r;

	snprintf(req->object, sizeof(req->object), "node %.70s, image %.70s", wish->node,
		 wish->image ?: NO_IMAGE);
	r = node_by_name(store, wish->node, &node, err);
	if (r == 0)
		r = check_node(store, &node, err);
	if (r == 0)
		r = insert_order(req, &node, wish, run, &seq, err);
	if (r == 0 && wish->baseline)
		r = baseline_for_order(store, node.id, seq, wish->baseline, err);
	if (r == 0 && wish->class)
		r = class_for_order(store, seq, wish->class, err);
	if (r == 0)
		r = add_drive(store, &node, wish, seq, err);
	if (r == 0)
		r = check_document(req->station, seq, err);
	if (r == 0)
		*ret_seq = seq;
	return r;
}

int call_order_add(struct request *req, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	struct order_wish wish = {0};
	int64_t seq = 0;
	int r = request_json(req, "order", order_wish_keys, &json, err);

	if (r == 0)
		r = order_wish_read(json, &wish, err);
	if (r == 0)
		r = order_add(req, &wish, 0, &seq, err);
	if (r < 0)
		return r;
	return reply_order(req, 201, seq, err);
}

int call_orders(struct request *req, struct err *err)
{
	static const char *const args[] = {"node", NULL};
	struct store *store = req->station->store;
	const char *node = target_arg(&req->target, "node");
	_cleanup_rows_ struct rows rows = {0};
	_cleanup_json_ json_t *orders = json_array();
	int r = request_args_only(req, args, err);

	if (r == 0)
		r = store_query(store, &rows, err,
				"SELECT o.seq FROM orders o JOIN nodes n ON n.id = o.node"
				" WHERE ?1 IS NULL OR n.name = ?1 ORDER BY o.seq DESC LIMIT ?2",
				"si", node, (int64_t)ORDERS_LISTED);
	if (r < 0)
		return r;
	while ((r = rows_next(&rows, err)) > 0) {
		json_t *summary = NULL;

		r = order_summary(store, rows_int(&rows, 0), &summary, err);
		if (r < 0)
			return r;
		json_array_append_new(orders, summary);
	}
	if (r < 0)
		return r;
	return reply_json(req, 200, json_pack("{s:O}", "orders", orders), err);
}

int call_order_show(struct request *req, struct err *err)
{
	struct order_row order;
	int r = order_by_id(req->station->store, req->param[0], &order, err);

	return r < 0 ? r : reply_order(req, 200, order.seq, err);
}

/*
 * Once the agent has its certificate it commits, and the disk boots: a cancellation that came then would be one in name only. An
 * agent that has died there is not waited for longer than COMMIT_S, nor one that has been overtaken by the next boot.
 */
static int check_not_committing(struct store *store, const struct order_row *order, struct err *err)
{
	int64_t committing = 0;
	int r = store_int(store, err, 0, &committing,
			  "SELECT count(*) FROM orders o JOIN leases l ON l.id = o.certificate_lease"
			  " WHERE o.seq = ?1 AND o.state = 'running' AND l.revoked = 0 AND o.updated > ?2",
			  "ii", order->seq, (int64_t)time(NULL) - COMMIT_S);

	if (r == 0 && committing)
		r = err_set(err, ESTALE,
			    "order %s has its certificate and is being committed: it is too late to cancel",
			    order->id);
	return r;
}

int order_cancel(struct store *store, const struct order_row *order, struct err *err)
{
	int r;

	if (order->state != ORDER_PENDING && order->state != ORDER_RUNNING)
		return err_set(err, ESTALE, "order %s is %s: there is nothing to cancel", order->id,
			       order_state_name(order->state));
	r = check_not_committing(store, order, err);
	if (r < 0)
		return r;
	return order_set_state(store, order->seq, ORDER_CANCELLED, NULL, "cancelled by an operator", err);
}

int call_order_cancel(struct request *req, struct err *err)
{
	struct store *store = req->station->store;
	struct order_row order;
	int r = order_by_id(store, req->param[0], &order, err);

	if (r == 0)
		r = order_cancel(store, &order, err);
	if (r < 0)
		return r;
	req->wake = true;
	return reply_order(req, 200, order.seq, err);
}
