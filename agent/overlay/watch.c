/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that hears all services: their output would block them, and their end is to be known, while the worker does something else for hours. */
#include <poll.h>
#include <sys/eventfd.h>

#include "agent/overlay/service.h"
#include "core/io.h"

#define REAP_MS 20 /* between two looks at a first process that is about to be gone */

/* Fills p, two for each service behind the first; true when one is to be reaped. */
static bool fill(const struct overlay_services *all, struct pollfd *p, unsigned n)
{
	bool reaps = false;

	p[0] = (struct pollfd){.fd = all->wake, .events = POLLIN};
	for (unsigned i = 0; i < n; i++) {
		const struct service *s = all->list[i];

		p[1 + 2 * i] = (struct pollfd){.fd = s->control, .events = POLLIN};
		p[2 + 2 * i] = (struct pollfd){.fd = s->output, .events = POLLIN};
		reaps |= s->control < 0 && !s->ended;
	}
	return reaps;
}

static bool look_once(struct overlay_services *all)
{
	unsigned n = all->n;
	_cleanup_free_ struct pollfd *p = xcalloc(1 + 2 * (size_t)n, sizeof(*p));
	bool reaps = fill(all, p, n);
	uint64_t woken;

	pthread_mutex_unlock(&all->lock);
	poll(p, 1 + 2 * (nfds_t)n, reaps ? REAP_MS : -1);
	pthread_mutex_lock(&all->lock);
	if (p[0].revents)
		(void)!read(all->wake, &woken, sizeof(woken));
	for (unsigned i = 0; i < n; i++)
		service_hear(all->list[i], p[1 + 2 * i].revents, p[2 + 2 * i].revents);
	pthread_cond_broadcast(&all->changed);
	return !all->quit;
}

static void *watch(void *data)
{
	struct overlay_services *all = data;

	pthread_mutex_lock(&all->lock);
	while (look_once(all))
		;
	pthread_mutex_unlock(&all->lock);
	return NULL;
}

int watch_begin(struct overlay_services *all, struct err *err)
{
	int r;

	if (all->watching)
		return 0;
	all->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (all->wake < 0)
		return err_sys(err, errno, "a descriptor to wake a thread");
	r = pthread_create(&all->watcher, NULL, watch, all);
	if (r)
		return err_sys(err, r, "a thread");
	all->watching = true;
	return 0;
}

void watch_wake(struct overlay_services *all)
{
	const uint64_t one = 1;

	(void)!write(all->wake, &one, sizeof(one));
}

void watch_end(struct overlay_services *all)
{
	if (all->watching) {
		pthread_mutex_lock(&all->lock);
		all->quit = true;
		pthread_mutex_unlock(&all->lock);
		watch_wake(all);
		pthread_join(all->watcher, NULL);
		all->watching = false;
	}
	close_fdp(&all->wake);
	all->wake = -EBADF;
}
