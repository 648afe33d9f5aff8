/* SPDX-License-Identifier: Apache-2.0 */
#include "station/waits.h"

#include <microhttpd.h>
#include <pthread.h>

#include "core/io.h"
#include "core/time.h"
#include "station/connections.h"

struct wait {
	struct wait *next;
	struct MHD_Connection *connection;
	uint64_t until;
};

struct waits {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	struct connections *connections;
	struct wait *list;
	uint64_t generation;
	bool stopping;
};

/* With the lock held: ends the waits that are due, or all. */
static void end_waits(struct waits *waits, bool all, uint64_t now)
{
	struct wait **at = &waits->list;

	while (*at) {
		struct wait *wait = *at;

		if (!all && wait->until > now) {
			at = &wait->next;
			continue;
		}
		*at = wait->next;
		MHD_resume_connection(wait->connection);
		free(wait);
	}
}

static void *tick(void *data)
{
	struct waits *waits = data;

	pthread_mutex_lock(&waits->lock);
	while (!waits->stopping) {
		struct timespec next;

		end_waits(waits, false, monotonic_ns());
		connections_sweep(waits->connections);
		clock_gettime(CLOCK_MONOTONIC, &next);
		next.tv_sec++;
		pthread_cond_timedwait(&waits->changed, &waits->lock, &next);
	}
	pthread_mutex_unlock(&waits->lock);
	return NULL;
}

int waits_new(struct connections *connections, struct waits **ret, struct err *err)
{
	struct waits *waits = xcalloc(1, sizeof(*waits));
	int r;

	waits->connections = connections;
	pthread_mutex_init(&waits->lock, NULL);
	cond_init_monotonic(&waits->changed);
	r = pthread_create(&waits->thread, NULL, tick, waits);
	if (r) {
		free(waits);
		return err_sys(err, r, "cannot start a thread");
	}
	*ret = waits;
	return 0;
}

void waits_stop(struct waits *waits)
{
	pthread_mutex_lock(&waits->lock);
	if (waits->stopping) {
		pthread_mutex_unlock(&waits->lock);
		return;
	}
	waits->stopping = true;
	end_waits(waits, true, 0);
	pthread_cond_signal(&waits->changed);
	pthread_mutex_unlock(&waits->lock);
	pthread_join(waits->thread, NULL);
}

void waits_free(struct waits *waits)
{
	if (!waits)
		return;
	waits_stop(waits);
	pthread_cond_destroy(&waits->changed);
	pthread_mutex_destroy(&waits->lock);
	free(waits);
}

uint64_t waits_generation(struct waits *waits)
{
	uint64_t generation;

	pthread_mutex_lock(&waits->lock);
	generation = waits->generation;
	pthread_mutex_unlock(&waits->lock);
	return generation;
}

bool waits_suspend(struct waits *waits, struct MHD_Connection *connection, uint64_t seen, uint64_t until)
{
	bool suspended = false;

	pthread_mutex_lock(&waits->lock);
	if (!waits->stopping && waits->generation == seen && monotonic_ns() < until) {
		struct wait *wait = xcalloc(1, sizeof(*wait));

		*wait = (struct wait){.next = waits->list, .connection = connection, .until = until};
		waits->list = wait;
		MHD_suspend_connection(connection);
		suspended = true;
	}
	pthread_mutex_unlock(&waits->lock);
	return suspended;
}

void waits_wake(struct waits *waits)
{
	pthread_mutex_lock(&waits->lock);
	waits->generation++;
	end_waits(waits, true, 0);
	pthread_mutex_unlock(&waits->lock);
}
