/* SPDX-License-Identifier: Apache-2.0 */
/* The network that an order gives the tenant's system. docs/protocol.md, "Order"; docs/network.md. */
#ifndef PROTOCOL_ORDER_NETWORK_H
#define PROTOCOL_ORDER_NETWORK_H

#include "protocol/order/order.h"

/* Sets order->network from order.network, which may be missing or null. Comes after the image and the seed, which it judges. */
int order_network_read(const json_t *json, struct order *order, struct err *err) _must_check_;

#endif
