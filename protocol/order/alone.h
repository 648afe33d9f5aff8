/* SPDX-License-Identifier: Apache-2.0 */
/* What an order on a boot medium says besides: which machine it means, and how often. docs/standalone.md, "The order" */
#ifndef PROTOCOL_ORDER_ALONE_H
#define PROTOCOL_ORDER_ALONE_H

#include "protocol/order/order.h"

struct order_alone {
	char **serials; /* n_serials serial numbers: exactly the drives that are erased. 0: a person at the console confirms them */
	unsigned n_serials;
	bool once;      /* one machine alone. Always so with serials */
	time_t expires; /* not carried out from then on */
};

/* order.alone of a whole order, NULL when it is missing or null. The rest of *order has been read. */
int order_alone_read(const json_t *json, struct order *order, struct err *err) _must_check_;
json_t *order_alone_to_json(const struct order_alone *alone) _must_check_; /* null for NULL */
void order_alone_free(struct order_alone *alone);

#endif
