/* SPDX-License-Identifier: Apache-2.0 */
#include "station/overdue.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/io.h"
#include "core/log.h"
#include "core/time.h"
#include "station/context.h"
#include "station/orders.h"
#include "station/waits.h"

#define LOOK_S 5 /* seconds between two looks, at most */

struct overdue {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	const struct station *station;
	unsigned checkin_s;
	bool stopping;
};

struct late {
	int64_t order;
	char reason[512];
};

int overdue_begins(struct store *store, int64_t order, struct err *err)
{
	int r = store_exec(store, err, "UPDATE orders SET given = ?1 WHERE seq = ?2 AND given IS NULL", "ii",
			   (int64_t)time(NULL), order);

	return r < 0 ? r : 0;
}

int overdue_ends(struct store *store, int64_t node, struct err *err)
{
	int r = store_exec(store, err, "UPDATE orders SET given = NULL WHERE node = ?1 AND given IS NOT NULL",
			   "i", node);

	return r < 0 ? r : 0;
}

static void say_why(const struct overdue *overdue, int64_t given, int64_t begin_by, struct late *late)
{
	char at[TIME_TEXT_SIZE];

	time_format(given ?: begin_by, at);
	if (given)
		snprintf(late->reason, sizeof(late->reason),
			 "the machine was given the boot image at %s, and no agent has checked in since, in "
			 "%u s: its "
			 "firmware may have refused the image (Secure Boot keys that are not this site's), "
			 "or it does "
			 "not reach %s. Its console says which",
			 at, overdue->checkin_s, overdue->station->https_url);
	else
		snprintf(late->reason, sizeof(late->reason),
			 "the order was to begin by %s, and the machine has not asked this station how to "
			 "boot: is it "
			 "switched on, does it boot from the network, and does its firmware start what it "
			 "gets there?",
			 at);
}

/* 1: there is one. Whatever is not running yet may also have a time by which it is to be. */
static int find_late(const struct overdue *overdue, struct late *ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	struct late late = {0};
	int r = store_query(overdue->station->store, &rows, err,
			    "SELECT seq, CASE WHEN given <= ?1 - ?2 THEN given END, begin_by FROM orders"
			    " WHERE (state IN ('pending', 'running') AND given <= ?1 - ?2"
			    " OR state = 'pending' AND given IS NULL AND begin_by <= ?1)"
			    /* whose machine the station itself starts, again if need be */
			    " AND seq NOT IN (SELECT order_seq FROM driven WHERE phase != 'done'"
			    " AND phase IN ('look', 'boot', 'await', 'again', 'cycle'))"
			    " LIMIT 1",
			    "ii", (int64_t)time(NULL), (int64_t)overdue->checkin_s);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r <= 0)
		return r;
	late.order = rows_int(&rows, 0);
	say_why(overdue, rows_int(&rows, 1), rows_int(&rows, 2), &late);
	*ret = late;
	return 1;
}

/* One in a transaction. 1: there was one, and there may be more. */
static int hold_one(const struct overdue *overdue, struct err *err)
{
	struct store *store = overdue->station->store;
	struct late late;
	int r = store_begin(store, err), found;

	if (r < 0)
		return r;
	found = find_late(overdue, &late, err);
	r = found > 0 ? order_hold(store, late.order, late.reason, err) : found;
	if (r < 0 || !found) {
		store_rollback(store);
		return r;
	}
	r = store_commit(store, err);
	if (r < 0)
		return r;
	waits_wake(overdue->station->waits);
	return 1;
}

static void *look(void *data)
{
	struct overdue *overdue = data;
	unsigned every = overdue->checkin_s < LOOK_S ? overdue->checkin_s : LOOK_S;

	pthread_mutex_lock(&overdue->lock);
	while (!overdue->stopping) {
		struct timespec next;
		struct err err = {0};
		int r;

		pthread_mutex_unlock(&overdue->lock);
		while ((r = hold_one(overdue, &err)) > 0)
			continue;
		if (r < 0)
			log_error("looking for orders whose machine does not come: %s", err.text);
		pthread_mutex_lock(&overdue->lock);
		clock_gettime(CLOCK_MONOTONIC, &next);
		next.tv_sec += every;
		if (!overdue->stopping)
			pthread_cond_timedwait(&overdue->changed, &overdue->lock, &next);
	}
	pthread_mutex_unlock(&overdue->lock);
	return NULL;
}

int overdue_start(const struct station *station, unsigned checkin_s, struct overdue **ret, struct err *err)
{
	struct overdue *overdue = xcalloc(1, sizeof(*overdue));
	int r;

	overdue->station = station;
	overdue->checkin_s = checkin_s;
	pthread_mutex_init(&overdue->lock, NULL);
	cond_init_monotonic(&overdue->changed);
	r = pthread_create(&overdue->thread, NULL, look, overdue);
	if (r) {
		free(overdue);
		return err_sys(err, r, "cannot start a thread");
	}
	*ret = overdue;
	return 0;
}

void overdue_stop(struct overdue *overdue)
{
	if (!overdue)
		return;
	pthread_mutex_lock(&overdue->lock);
	overdue->stopping = true;
	pthread_cond_signal(&overdue->changed);
	pthread_mutex_unlock(&overdue->lock);
	pthread_join(overdue->thread, NULL);
	free(overdue);
}
