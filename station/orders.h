/* SPDX-License-Identifier: Apache-2.0 */
/* The orders in the store. All within a transaction. */
#ifndef STATION_ORDERS_H
#define STATION_ORDERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/json.h"
#include "station/context.h"
#include "station/store.h"

enum order_state {
	ORDER_PENDING,
	ORDER_RUNNING,
	ORDER_HANDED_OVER,
	ORDER_LIVE,
	ORDER_ERASED, /* an order without image has done all that it was for */
	ORDER_HELD,
	ORDER_CANCELLED,
};

/* The columns that decide something; the document itself is read where it is needed. */
struct order_row {
	int64_t seq;
	char id[65];
	int64_t node;
	enum order_state state;
	bool has_image; /* else it erases and ends */
	char requested_by[64];
	int64_t certificate_lease; /* the lease that handed in the evidence; 0: no certificate */
};

struct request;
struct order_wish;

const char *order_state_name(enum order_state state);

/*
 * Makes the caller's order for the node that the wish names, of a run (runs.seq; 0: none), and says in req->object which. The node must take one.
 * -EEXIST: the run has ordered this node before.
 */
int order_add(struct request *req, const struct order_wish *wish, int64_t run, int64_t *ret_seq,
	      struct err *err) _must_check_;

int order_by_id(struct store *store, const char *id, struct order_row *ret, struct err *err) _must_check_;
int order_by_seq(struct store *store, int64_t seq, struct order_row *ret, struct err *err) _must_check_;

/* Sets the state; step and reason may be NULL. Progress events of an order that has ended are dropped. */
int order_set_state(struct store *store, int64_t seq, enum order_state state, const char *step,
		    const char *reason, struct err *err) _must_check_;

/* The station itself holds an order, and its node unless that is leased; in the audit trail and the log. order_hold.c */
int order_hold(struct store *store, int64_t seq, const char *reason, struct err *err) _must_check_;
/* -ESTALE: it has ended, or is too far to be stopped. */
int order_cancel(struct store *store, const struct order_row *order, struct err *err) _must_check_;

/*
 * The order as the agent gets it (docs/protocol.md, "Order"), with the seed that the phone-home URL belongs in.
 * phone_home NULL: as operators see it, without cloud_init.
 */
int order_document(const struct station *station, int64_t seq, const char *phone_home, json_t **ret,
		   struct err *err) _must_check_;

/* Makes the same of what is stored of an order, in place. */
int order_complete(const struct station *station, json_t *order, const char *phone_home,
		   struct err *err) _must_check_;

/* The order's summary. */
int order_summary(struct store *store, int64_t seq, json_t **ret, struct err *err) _must_check_;

#endif
