/* SPDX-License-Identifier: Apache-2.0 */
/* How an order wants the machine to go over to its tenant's system. docs/protocol.md, "Order"; docs/kexec.md. */
#ifndef PROTOCOL_ORDER_HANDOVER_H
#define PROTOCOL_ORDER_HANDOVER_H

#include "protocol/order/order.h"

/* Sets order->kexec. Comes last, because it judges the rest: an order by kexec that also needs a reset at its end is -EBADMSG. */
int order_handover_read(const json_t *json, struct order *order, struct err *err) _must_check_;

#endif
