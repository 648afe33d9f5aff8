/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders whose machine does not come. One that was given the boot image and never checks in has a firmware that refuses it (Secure Boot keys that a
 * former tenant has put there), a network that fails it, or a defect; nothing inside it can say so, and the station holds it.
 */
#ifndef STATION_OVERDUE_H
#define STATION_OVERDUE_H

#include <stdint.h>

#include "core/err.h"

struct overdue;
struct station;
struct store;

/* Starts the thread that looks. checkin_s: seconds from the boot image to the check-in. */
int overdue_start(const struct station *station, unsigned checkin_s, struct overdue **ret,
		  struct err *err) _must_check_;
void overdue_stop(struct overdue *overdue); /* NULL is fine */

/* Within a transaction. The boot image goes to the machine of this order: it is to check in from the first time on. */
int overdue_begins(struct store *store, int64_t order, struct err *err) _must_check_;
/* This node's agent has been heard of. */
int overdue_ends(struct store *store, int64_t node, struct err *err) _must_check_;

#endif
