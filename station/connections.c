/* SPDX-License-Identifier: Apache-2.0 */
#include "station/connections.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>

#include "core/io.h"
#include "core/time.h"

struct connection {
	struct connection *next, *previous;
	int fd;            /* open while the connection is in the list */
	uint64_t deadline; /* monotonic_ns(); 0: none */
};

struct connections {
	pthread_mutex_t lock;
	struct connection head;
};

struct connections *connections_new(void)
{
	struct connections *connections = xcalloc(1, sizeof(*connections));

	pthread_mutex_init(&connections->lock, NULL);
	connections->head.next = connections->head.previous = &connections->head;
	return connections;
}

void connections_free(struct connections *connections)
{
	if (!connections)
		return;
	pthread_mutex_destroy(&connections->lock);
	free(connections);
}

struct connection *connection_begin(struct connections *connections, int fd)
{
	struct connection *c = xcalloc(1, sizeof(*c));

	c->fd = fd;
	c->deadline = monotonic_ns() + CONNECTION_HEAD_S * 1000000000ull;
	pthread_mutex_lock(&connections->lock);
	c->next = connections->head.next;
	c->previous = &connections->head;
	c->next->previous = c->previous->next = c;
	pthread_mutex_unlock(&connections->lock);
	return c;
}

void connection_end(struct connections *connections, struct connection *c)
{
	pthread_mutex_lock(&connections->lock);
	c->next->previous = c->previous;
	c->previous->next = c->next;
	pthread_mutex_unlock(&connections->lock);
	free(c);
}

void connection_limit(struct connections *connections, struct connection *c, unsigned seconds)
{
	pthread_mutex_lock(&connections->lock);
	c->deadline = seconds ? monotonic_ns() + seconds * 1000000000ull : 0;
	pthread_mutex_unlock(&connections->lock);
}

void connections_sweep(struct connections *connections)
{
	uint64_t now = monotonic_ns();

	pthread_mutex_lock(&connections->lock);
	for (struct connection *c = connections->head.next; c != &connections->head; c = c->next) {
		if (c->deadline && c->deadline <= now) {
			shutdown(c->fd, SHUT_RDWR);
			c->deadline = 0;
		}
	}
	pthread_mutex_unlock(&connections->lock);
}
