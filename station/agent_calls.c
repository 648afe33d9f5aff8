/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's calls under its lease: inventory, journal, log, outcome. */
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "core/time.h"
#include "protocol/journal.h"
#include "station/calls.h"
#include "station/drive/row.h"
#include "station/nodes.h"
#include "station/orders.h"
#include "station/tenancy.h"

#define JOURNAL_ENTRIES      8192         /* of an order */
#define INVENTORY_OF_UNKNOWN (512 * 1024) /* bytes: of a machine that anybody may pretend to be */

int call_inventory(struct request *req, struct err *err)
{
	struct store *store = req->station->store;
	_cleanup_json_ json_t *json = NULL;
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r = request_json(req, "inventory", NULL, &json, err);

	if (r < 0)
		return r;
	text = json_canonical(json, &len);
	if (!text)
		return err_set(err, ENOMEM, "out of memory");
	if (req->caller.node)
		r = store_exec(store, err, "UPDATE nodes SET inventory = ?1 WHERE id = ?2", "si", text,
			       req->caller.node);
	else if (len > INVENTORY_OF_UNKNOWN)
		r = err_set(err, EFBIG,
			    "the inventory of a machine that is not enrolled may have at most %d bytes",
			    INVENTORY_OF_UNKNOWN);
	else
		r = store_exec(store, err, "UPDATE seen SET inventory = ?1 WHERE id = ?2", "si", text,
			       req->caller.seen);
	if (r >= 0 && req->caller.order)
		r = tenancy_hear(store, req->caller.order, req->caller.node, json, text, err);
	if (r >= 0)
		req->wake = req->caller.order;
	return r < 0 ? r : reply_empty(req, 204, err);
}

/* A reset or a power cycle of a machine that we have started is ours to see to. */
static int hear_reset(struct request *req, const struct journal_entry *entry, struct err *err)
{
	bool cycle = !strncmp(entry->drive, JOURNAL_POWER_CYCLE, strlen(JOURNAL_POWER_CYCLE));

	if (strcmp(entry->step, JOURNAL_RESET) != 0 || entry->state != JOURNAL_BEGUN)
		return 0;
	return drive_row_want(req->station->store, req->caller.order,
			      cycle ? DRIVE_WANTS_POWER_CYCLE : DRIVE_WANTS_RESET, req->caller.id, err);
}

static int leased_order(struct request *req, struct order_row *ret, struct err *err)
{
	if (!req->caller.order)
		return err_set(err, ESTALE, "this lease has no order");
	return order_by_seq(req->station->store, req->caller.order, ret, err);
}

int call_journal(struct request *req, struct err *err)
{
	struct store *store = req->station->store;
	_cleanup_(journal_entry_clear) struct journal_entry entry = {0};
	_cleanup_json_ json_t *json = NULL;
	_cleanup_free_ char *text = NULL;
	struct order_row order;
	int64_t entries = 0;
	size_t len;
	int r = request_json(req, "journal", NULL, &json, err);

	if (r == 0)
		r = journal_entry_from_json(json, &entry, err);
	if (r < 0)
		return r;
	r = leased_order(req, &order, err);
	if (r == 0 && order.state != ORDER_RUNNING)
		r = err_set(err, ESTALE, "order %s is %s", order.id, order_state_name(order.state));
	if (r == 0)
		r = store_int(store, err, 0, &entries, "SELECT count(*) FROM journal WHERE order_seq = ?1",
			      "i", order.seq);
	if (r == 0 && entries >= JOURNAL_ENTRIES)
		r = err_set(err, ESTALE, "the journal of order %s is full", order.id);
	if (r < 0)
		return r;
	text = json_canonical(json, &len);
	if (!text)
		return err_set(err, ENOMEM, "out of memory");
	r = store_exec(store, err,
		       "INSERT INTO journal (order_seq, lease, time, entry) VALUES (?1, ?2, ?3, ?4)", "iiis",
		       order.seq, req->caller.id, (int64_t)time(NULL), text);
	if (r >= 0)
		r = hear_reset(req, &entry, err);
	return r < 0 ? r : reply_empty(req, 204, err);
}

int call_log_put(struct request *req, struct err *err)
{
	int r = store_exec(req->station->store, err, "UPDATE leases SET log = ?1 WHERE id = ?2", "bi",
			   req->body ?: "", req->body_len, req->caller.id);

	return r < 0 ? r : reply_empty(req, 204, err);
}

/* May the order be said to have come to its end? Nothing ends well without its certificate. */
static int check_end(struct request *req, const struct order_row *order, bool has_image, struct err *err)
{
	if (order->has_image != has_image)
		return err_set(err, ESTALE, "order %s %s: it cannot end so", order->id,
			       order->has_image ? "has an image" : "has no image");
	if (order->state != ORDER_RUNNING)
		return err_set(err, ESTALE, "order %s is %s", order->id, order_state_name(order->state));
	if (order->certificate_lease != req->caller.id)
		return err_set(err, ESTALE,
			       "order %s has no certificate of this lease: hand in the evidence first",
			       order->id);
	return 0;
}

static int handed_over(struct request *req, const struct order_row *order, struct err *err)
{
	int r;

	if (order->state == ORDER_HANDED_OVER || order->state == ORDER_LIVE)
		return 0; /* said before, and the answer was lost */
	r = check_end(req, order, true, err);
	if (r < 0)
		return r;
	log_info("order %s: handed over", order->id);
	return order_set_state(req->station->store, order->seq, ORDER_HANDED_OVER, NULL, NULL, err);
}

/* The machine is nobody's, and can be ordered again. */
static int erased(struct request *req, const struct order_row *order, struct err *err)
{
	struct store *store = req->station->store;
	int r;

	if (order->state == ORDER_ERASED)
		return 0;
	r = check_end(req, order, false, err);
	if (r == 0)
		r = order_set_state(store, order->seq, ORDER_ERASED, NULL, NULL, err);
	if (r == 0)
		r = node_set_state(store, order->node, NODE_AVAILABLE, err);
	if (r == 0)
		log_info("order %s: erased", order->id);
	return r;
}

/* Also of an order that was cancelled while it ran: its node's disks may be half wiped. */
static int held(struct request *req, const struct order_row *order, const char *step, const char *reason,
		struct err *err)
{
	struct store *store = req->station->store;
	struct node node;
	int r;

	if (order->state == ORDER_HELD)
		return 0;
	if (order->state != ORDER_RUNNING && order->state != ORDER_CANCELLED)
		return err_set(err, ESTALE, "order %s is %s", order->id, order_state_name(order->state));
	r = node_by_id(store, order->node, &node, err);
	if (r == 0 && node.state != NODE_LEASED)
		r = node_set_state(store, node.id, NODE_HELD, err);
	if (r == 0 && order->state == ORDER_RUNNING)
		r = order_set_state(store, order->seq, ORDER_HELD, step, reason, err);
	log_info("order %s: held at %s: %s", order->id, step, reason);
	return r;
}

int call_outcome(struct request *req, struct err *err)
{
	static const char *const good_keys[] = {"outcome", NULL};
	static const char *const held_keys[] = {"outcome", "step", "reason", NULL};
	_cleanup_json_ json_t *json = NULL;
	const char *outcome = NULL, *step = NULL, *reason = NULL;
	struct order_row order;
	bool is_held, is_erased;
	int r = request_json(req, "outcome", NULL, &json, err);

	if (r == 0)
		r = json_get_str(json, "outcome", "outcome", 32, &outcome, err);
	if (r != 0)
		return r;
	is_held = strcmp(outcome, "held") == 0;
	is_erased = strcmp(outcome, "erased") == 0;
	if (!is_held && !is_erased && strcmp(outcome, "handed-over") != 0)
		return err_set(err, EINVAL, "outcome: none of handed-over, erased, held");
	r = json_only_keys(json, "outcome", is_held ? held_keys : good_keys, err);
	if (r == 0 && is_held)
		r = json_get_str(json, "outcome", "step", 64, &step, err);
	if (r == 0 && is_held)
		r = json_get_str(json, "outcome", "reason", 1024, &reason, err);
	if (r == 0)
		r = leased_order(req, &order, err);
	if (r == 0)
		r = is_held     ? held(req, &order, step, reason, err)
		    : is_erased ? erased(req, &order, err)
				: handed_over(req, &order, err);
	if (r < 0)
		return r;
	req->wake = true;
	return reply_empty(req, 204, err);
}
