/* SPDX-License-Identifier: Apache-2.0 */
/* The station itself holds an order. */
#include "core/log.h"
#include "station/audit.h"
#include "station/nodes.h"
#include "station/orders.h"

int order_hold(struct store *store, int64_t seq, const char *reason, struct err *err)
{
	struct order_row order;
	struct node node = {0};
	int r = order_by_seq(store, seq, &order, err);

	if (r == 0)
		r = node_by_id(store, order.node, &node, err);
	if (r == 0)
		r = order_set_state(store, seq, ORDER_HELD, NULL, reason, err);
	if (r == 0 && node.state != NODE_LEASED)
		r = node_set_state(store, node.id, NODE_HELD, err);
	if (r == 0)
		r = audit_add(store, "station", "order-hold", order.id, reason, err);
	if (r == 0)
		log_warn("order %s of node %s: held: %s", order.id, node.name, reason);
	return r;
}
