/* SPDX-License-Identifier: Apache-2.0 */
/* What machines were when they were handed over, and when they came back. protocol/tenancy.h compares. Within a transaction. */
#ifndef STATION_TENANCY_H
#define STATION_TENANCY_H

#include <stdint.h>

#include "core/err.h"
#include "core/json.h"

struct store;

/*
 * Keeps an inventory that a node's agent has told under this order: the first and the newest of each of the node's newest orders. With the first one of an
 * order that follows a tenancy, what that tenancy has changed becomes events of the order.
 */
int tenancy_hear(struct store *store, int64_t order, int64_t node, const json_t *inventory, const char *text,
		 struct err *err) _must_check_;
/* The order has its first certificate: what its tenancy has changed of the GPUs, which only certificates tell apart, becomes events of the order. */
int tenancy_certified(struct store *store, int64_t order, const char *id, int64_t node,
		      struct err *err) _must_check_;

#endif
