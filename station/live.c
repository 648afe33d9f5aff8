/* SPDX-License-Identifier: Apache-2.0 */
/* POST /phone-home/<token>: the tenant's system is up. */
#include "core/log.h"
#include "station/addendum.h"
#include "station/calls.h"
#include "station/nodes.h"
#include "station/orders.h"

int call_phone_home(struct request *req, struct err *err)
{
	struct store *store = req->station->store;
	char hash[SHA256_HEX_SIZE];
	struct order_row order;
	int64_t seq = 0;
	int r;

	if (token_hash(req->param[0], hash) < 0)
		return err_set(err, ENOENT, "there is nothing here");
	/* Not before the agent has handed over; until then the token stays good. */
	r = store_int(store, err, 0, &seq,
		      "SELECT seq FROM orders WHERE phone_home = ?1 AND state = 'handed-over'", "s", hash);
	if (r == 0 && !seq)
		return err_set(err, ENOENT, "there is nothing here");
	if (r == 0)
		r = order_by_seq(store, seq, &order, err);
	if (r == 0)
		r = addendum_add(req->station, seq, order.id, err);
	if (r == 0)
		r = order_set_state(store, seq, ORDER_LIVE, NULL, NULL, err);
	if (r == 0)
		r = node_set_state(store, order.node, NODE_LEASED, err);
	if (r < 0)
		return r;
	log_info("order %s: live", order.id);
	req->wake = true;
	return reply_empty(req, 204, err);
}
