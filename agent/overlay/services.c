/* SPDX-License-Identifier: Apache-2.0 */
/* In order, and back in the reverse one. */
#include "agent/overlay/services.h"

#include <signal.h>
#include <sys/socket.h>

#include "agent/overlay/service.h"
#include "core/io.h"
#include "core/log.h"
#include "core/time.h"

#define TICK_MS 100u
#define KILL_MS 10000u /* for SIGKILL to have its effect: a process that drives a device may take a while */
#define MS_NS   1000000ull

struct overlay_services *overlay_services_new(void)
{
	struct overlay_services *all = xcalloc(1, sizeof(*all));

	pthread_mutex_init(&all->lock, NULL);
	cond_init_monotonic(&all->changed);
	all->wake = -EBADF;
	return all;
}

/* ---- waiting ---- */

static bool is_impatient(const struct overlay_patience *patience)
{
	return patience && patience->cancelled(patience->data);
}

/* With the lock held: until something has changed, at most a tick. */
static void wait_tick(struct overlay_services *all)
{
	struct timespec at = monotonic_in_ns(TICK_MS * MS_NS);

	pthread_cond_timedwait(&all->changed, &all->lock, &at);
}

/* patience is asked without the lock: it may take its time. */
static bool ask(struct overlay_services *all, const struct overlay_patience *patience)
{
	pthread_mutex_unlock(&all->lock);
	bool cancelled = is_impatient(patience);
	pthread_mutex_lock(&all->lock);
	return cancelled;
}

/* ---- the beginning ---- */

static int not_ready(const struct service *s, int code, struct err *err)
{
	char text[SERVICE_TEXT_MAX + LINES_LEN_MAX];

	service_says(s, text);
	return err_set(err, code, "service %s of overlay %s is not ready: %s", s->name, s->overlay, text);
}

/* With the lock held. */
static int await_ready(struct overlay_services *all, struct service *s,
		       const struct overlay_patience *patience, struct err *err)
{
	uint64_t until = s->started_at + s->wait_s * 1000 * MS_NS;

	for (;;) {
		if (s->ended && !(s->ready_by == OVERLAY_EXITS && s->ready_at))
			return not_ready(s, EIO, err);
		if (s->ready_at)
			return 0;
		if (monotonic_ns() >= until)
			break;
		if (ask(all, patience))
			return err_set(err, ECANCELED, "cancelled");
		wait_tick(all);
	}
	if (s->ready_by != OVERLAY_RUNS)
		return not_ready(s, ETIME, err);
	s->ready_at = monotonic_ns();
	return 0;
}

static void kill_it(struct service *s)
{
	if (!s->ended) /* nobody else has its number as long as it is not reaped */
		kill(s->pid, SIGKILL);
	s->killed |= !s->ended;
}

static void add(struct overlay_services *all, struct service *s)
{
	struct service **list = reallocarray(all->list, all->n + 1, sizeof(*list));

	if (!list)
		abort();
	list[all->n++] = s;
	all->list = list;
}

static int start_one(struct overlay_services *all, const struct room *room,
		     const struct overlay_service *wanted, const struct overlay_patience *patience,
		     struct err *err)
{
	struct service *s = NULL;
	int r = service_new(room, wanted, &s, err);

	if (r < 0)
		return err_prepend(err, "service %s of overlay %s", wanted->name, room->name);
	pthread_mutex_lock(&all->lock);
	add(all, s);
	watch_wake(all);
	r = await_ready(all, s, patience, err);
	if (r < 0)
		kill_it(s);
	uint64_t took_ms = (s->ready_at - s->started_at) / MS_NS;
	pthread_mutex_unlock(&all->lock);
	if (r == 0)
		log_info("service %s of overlay %s is ready after %llu ms", wanted->name, room->name,
			 (unsigned long long)took_ms);
	return r;
}

static int enter_room(struct overlay_services *all, const char *name, const char *tree, struct err *err)
{
	struct room *room = NULL, **rooms = reallocarray(all->rooms, all->n_rooms + 1, sizeof(*rooms));
	int r;

	if (!rooms)
		abort();
	all->rooms = rooms;
	r = room_make(name, tree, &room, err);
	if (r < 0)
		return err_prepend(err, "overlay %s", name);
	rooms[all->n_rooms++] = room;
	return 0;
}

int overlay_services_start(struct overlay_services *all, const char *name, const char *tree,
			   const struct overlay *overlay, const struct overlay_patience *patience,
			   struct err *err)
{
	int r;

	if (!overlay->n_services)
		return 0;
	r = watch_begin(all, err);
	if (r == 0)
		r = enter_room(all, name, tree, err);
	for (unsigned i = 0; r == 0 && i < overlay->n_services; i++)
		r = start_one(all, all->rooms[all->n_rooms - 1], &overlay->services[i], patience, err);
	return r;
}

/* ---- between ---- */

int overlay_services_check(struct overlay_services *all, struct err *err)
{
	char text[SERVICE_TEXT_MAX + LINES_LEN_MAX];
	int r = 0;

	pthread_mutex_lock(&all->lock);
	for (unsigned i = 0; r == 0 && i < all->n; i++) {
		const struct service *s = all->list[i];

		if (!service_is_lost(s))
			continue;
		service_says(s, text);
		r = err_set(err, EIO, "service %s of overlay %s does not run any more: %s", s->name,
			    s->overlay, text);
	}
	pthread_mutex_unlock(&all->lock);
	return r;
}

/* ---- the end ---- */

/* With the lock held: true when it has ended in this time. */
static bool await_end(struct overlay_services *all, const struct service *s, uint64_t limit_ms,
		      const struct overlay_patience *patience)
{
	uint64_t until = monotonic_ns() + limit_ms * MS_NS;

	while (!s->ended && monotonic_ns() < until) {
		(void)ask(all, patience);
		wait_tick(all);
	}
	return s->ended;
}

static int stop_one(struct overlay_services *all, struct service *s, const struct overlay_patience *patience,
		    struct err *err)
{
	if (s->ended)
		return 0;
	s->stopping = true;
	if (s->control >= 0)
		(void)!send(s->control, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (!await_end(all, s, s->stop_s * 1000ull, patience)) {
		log_warn("service %s of overlay %s has not ended within %u s: it is killed", s->name,
			 s->overlay, s->stop_s);
		kill_it(s);
	}
	if (await_end(all, s, KILL_MS, patience))
		return 0;
	return err_set(err, ETIME,
		       "service %s of overlay %s does not even end when it is killed: the kernel holds it",
		       s->name, s->overlay);
}

static int leave_rooms(struct overlay_services *all, struct err *err)
{
	struct err again;
	int r = 0;

	while (all->n_rooms > 0) {
		int one = room_leave(all->rooms[--all->n_rooms], r < 0 ? &again : err);

		r = r < 0 ? r : one;
	}
	return r;
}

int overlay_services_stop(struct overlay_services *all, const struct overlay_patience *patience,
			  struct err *err)
{
	struct err again;
	int r = 0;

	pthread_mutex_lock(&all->lock);
	for (unsigned i = all->n; i-- > 0;) {
		int one = stop_one(all, all->list[i], patience, r < 0 ? &again : err);

		r = r < 0 ? r : one;
	}
	pthread_mutex_unlock(&all->lock);
	return r < 0 ? r : leave_rooms(all, err);
}

int overlay_services_gone(struct overlay_services *all, struct err *err)
{
	int r = 0;

	pthread_mutex_lock(&all->lock);
	for (unsigned i = 0; r == 0 && i < all->n; i++)
		if (!all->list[i]->ended)
			r = err_set(err, EBUSY, "service %s of overlay %s still runs", all->list[i]->name,
				    all->list[i]->overlay);
	pthread_mutex_unlock(&all->lock);
	return r;
}

void overlay_services_free(struct overlay_services *all)
{
	struct err none;

	if (!all)
		return;
	pthread_mutex_lock(&all->lock);
	for (unsigned i = all->n; i-- > 0;)
		kill_it(all->list[i]);
	for (unsigned i = all->n; i-- > 0;)
		(void)await_end(all, all->list[i], KILL_MS, NULL);
	pthread_mutex_unlock(&all->lock);
	if (leave_rooms(all, &none) < 0)
		log_warn("%s", none.text);
	watch_end(all);
	for (unsigned i = 0; i < all->n; i++)
		service_free(all->list[i]);
	free(all->list);
	free(all->rooms);
	pthread_cond_destroy(&all->changed);
	pthread_mutex_destroy(&all->lock);
	free(all);
}
