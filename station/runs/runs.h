/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs in the store: nodes that are to become new by the same order, so many at once. A run does nothing by itself: somebody who follows it asks
 * that what may begin be begun. All within a transaction. docs/protocol.md, "Runs"
 */
#ifndef STATION_RUNS_H
#define STATION_RUNS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/hash.h"
#include "core/json.h"
#include "station/store.h"

#define RUN_NODES_MAX       1000
#define RUN_CONCURRENCY_MAX RUN_NODES_MAX

struct run {
	int64_t seq; /* 0: it is not stored */
	char id[65];
	char image[64]; /* "": its orders only erase */
	char requested_by[64];
	int64_t created;
	int64_t concurrency;  /* orders that are open at once */
	int64_t max_failures; /* no more begin when so many were held; 0: whatever comes */
	bool until_live;      /* an order counts as open until it is live; else until it is handed over */
	bool return_leased;   /* a leased node is set to returned first */
	bool cancelled;
	char manifest_sha256[SHA256_HEX_SIZE]; /* of the image when the run was made; "": none */
};

/* How many of its nodes are what. */
struct run_counts {
	int64_t nodes, waiting, refused;     /* the last two have no order */
	int64_t open, done, held, cancelled; /* the orders of the others */
};

int run_by_id(struct store *store, const char *id, struct run *ret, struct err *err) _must_check_;
int run_count(struct store *store, const struct run *run, struct run_counts *ret,
	      struct err *err) _must_check_;
/* Orders that may be made now. */
int64_t run_free(const struct run *run, const struct run_counts *counts);

/* As GET /v1/runs lists it. */
int run_summary(struct store *store, const struct run *run, json_t **ret, struct err *err) _must_check_;

struct request;
/* Replies with the run in full. */
int run_reply(struct request *req, unsigned status, const char *id, struct err *err) _must_check_;

/* What its orders are asked for with, without a node; a new reference. */
int run_wish(struct store *store, const struct run *run, json_t **ret, struct err *err) _must_check_;

/*
 * Makes the order of one node with the run's wish (in which it sets the node); or, when the order is not taken, says why in *ret_refused, and
 * nothing has been changed. keep false: nothing is in any case.
 */
int run_order(struct request *req, const struct run *run, json_t *wish, const char *node, bool keep,
	      struct err *ret_refused, struct err *err) _must_check_;

#endif
