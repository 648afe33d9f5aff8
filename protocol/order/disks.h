/* SPDX-License-Identifier: Apache-2.0 */
/* The order's words about disks: which are erased, which receive the image. docs/protocol.md, "Order". */
#ifndef PROTOCOL_ORDER_DISKS_H
#define PROTOCOL_ORDER_DISKS_H

#include "protocol/order/order.h"

/* order.wipe and order.root of a whole order, into *order; what was read is owned by it, on failure too. */
int order_disks_read(const json_t *json, struct order *order, struct err *err) _must_check_;
json_t *order_root_to_json(const struct order *order) _must_check_;
void order_disks_clear(struct order *order);

#endif
