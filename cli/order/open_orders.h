/* SPDX-License-Identifier: Apache-2.0 */
/* What the station's orders that have not ended need, and its runs that have not. */
#ifndef CLI_OPEN_ORDERS_H
#define CLI_OPEN_ORDERS_H

#include "cli/client.h"
#include "images/store/gc.h"

struct open_orders {
	struct http *http;
	const char *dir; /* the images folder */
	json_t *known;   /* orders and runs in full: what they need does not change, only their state does */
};

/* Does the station answer, and to this account? dir outlives it. */
int open_orders_begin(const struct client_options *client, const char *dir, struct open_orders *ret,
		      struct err *err) _must_check_;
void open_orders_end(struct open_orders *orders);

/* As gc_options.used wants it; data is a struct open_orders. Asks the station each time: what it said before may be over. */
int open_orders_use(void *data, const struct gc_entry *entry, struct err *err);

#endif
