/* SPDX-License-Identifier: Apache-2.0 */
/* Orders that are driven through a BMC, as they lie in the store. All within a transaction. */
#ifndef STATION_DRIVE_ROW_H
#define STATION_DRIVE_ROW_H

#include <stddef.h>

#include "core/json.h"
#include "station/orders.h"

enum drive_phase {
	DRIVE_LOOK,   /* is it this machine, and how are its boot settings? Nothing has been changed yet */
	DRIVE_BOOT,   /* the machine is to be started from the network */
	DRIVE_AWAIT,  /* its agent is to check in */
	DRIVE_SETTLE, /* it has: what the override has left is cleaned up */
	DRIVE_WORK,   /* the agent works, and the BMC is left alone */
	DRIVE_AGAIN,  /* the agent resets the machine, which is to come back */
	DRIVE_CYCLE,  /* the agent waits for a power cycle */
	DRIVE_RETURN, /* the order is over, or handed over: the boot settings are returned */
	DRIVE_FINAL,  /* the tenant's system starts: then the boot order is read */
	DRIVE_DONE,
};

enum drive_want { DRIVE_WANTS_NOTHING, DRIVE_WANTS_RESET, DRIVE_WANTS_POWER_CYCLE };

/* Times are seconds since the epoch. */
struct drive_row {
	int64_t order, node; /* orders.seq, nodes.id */
	char id[65];         /* the order's */
	enum order_state state;
	enum drive_phase phase;
	int64_t tries;  /* starts for the check-in that is awaited */
	int64_t fails;  /* of the BMC, in this phase, in a row */
	int64_t until;  /* DRIVE_AWAIT, DRIVE_FINAL: not later than that; else not before it */
	int64_t lease;  /* the order's newest lease when the start that is awaited was made */
	int64_t newest; /* ... and now; 0: none */
	enum drive_want wants;
	int64_t wanted_by; /* the lease that wants it */
};

const char *drive_phase_name(enum drive_phase phase);

/* The order is to be driven. */
int drive_row_add(struct store *store, int64_t order, struct err *err) _must_check_;
/* All that are not done yet, the oldest first; malloc'd. */
int drive_rows(struct store *store, struct drive_row **ret, size_t *ret_n, struct err *err) _must_check_;
int drive_row_read(struct store *store, int64_t order, struct drive_row *ret, struct err *err) _must_check_;
/* Phase, tries, fails, until and lease, and the record unless it is NULL. */
int drive_row_save(struct store *store, const struct drive_row *row, const json_t *record,
		   struct err *err) _must_check_;
/* *ret is NULL for an order that is not driven. */
int drive_record_read(struct store *store, int64_t order, json_t **ret, struct err *err) _must_check_;

/* Is it driven, and can still be? Then the agent of a lease may ask for a power cycle. */
int drive_is_driven(struct store *store, int64_t order, bool *ret, struct err *err) _must_check_;
int drive_row_want(struct store *store, int64_t order, enum drive_want want, int64_t lease,
		   struct err *err) _must_check_;

/* Pure. What the order and its agent have done moves the row on; true: it has moved. */
bool drive_row_advance(struct drive_row *row);
/* Pure. Is it time to do something at the BMC? */
bool drive_row_due(const struct drive_row *row, int64_t now);

#endif
