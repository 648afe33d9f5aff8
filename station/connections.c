/* SPDX-License-Identifier: Apache-2.0 */
#include "station/connections.h"

#include <netinet/in.h>
#include <pthread.h>
#include <search.h>
#include <stdint.h>
#include <string.h>

#include "core/io.h"
#include "core/time.h"

/* Who connects, for counting. Without padding, so that it can be compared as bytes. */
struct origin {
	uint8_t port;
	uint8_t family; /* 4, 6, or 0: unknown */
	uint8_t network[8];
};

struct client {
	struct origin origin; /* first: the key of the tree */
	unsigned n;           /* connections; gone with the last */
};

struct connection {
	struct connection *next, *previous;
	struct client *client; /* NULL: unknown, or beyond what there may be */
	unsigned port;
	bool beyond;
	int fd;            /* open while the connection is in the list */
	uint64_t deadline; /* monotonic_ns(); 0: none */
};

struct connections {
	pthread_mutex_t lock;
	struct connection_limits limits;
	unsigned n[CONNECTION_PORTS];
	void *clients; /* tsearch() */
	struct connection head;
};

static int by_origin(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct origin));
}

struct connections *connections_new(const struct connection_limits *limits)
{
	struct connections *connections = xcalloc(1, sizeof(*connections));

	pthread_mutex_init(&connections->lock, NULL);
	connections->limits = *limits;
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

/* Whoever has an IPv6 network has all its addresses. */
static struct origin origin_of(unsigned port, const struct sockaddr *peer)
{
	struct origin origin = {.port = (uint8_t)port};

	if (peer && peer->sa_family == AF_INET) {
		origin.family = 4;
		memcpy(origin.network, &((const struct sockaddr_in *)peer)->sin_addr, 4);
	} else if (peer && peer->sa_family == AF_INET6) {
		const uint8_t *address = ((const struct sockaddr_in6 *)peer)->sin6_addr.s6_addr;
		bool mapped = IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)address);

		origin.family = mapped ? 4 : 6;
		memcpy(origin.network, mapped ? address + 12 : address, mapped ? 4 : 8);
	}
	return origin;
}

/* With the lock held. */
static struct client *client_of(struct connections *connections, const struct origin *origin)
{
	struct client **found, *client;

	found = tfind(origin, &connections->clients, by_origin);
	if (found)
		return *found;
	client = xcalloc(1, sizeof(*client));
	client->origin = *origin;
	if (!tsearch(client, &connections->clients, by_origin)) {
		free(client);
		return NULL;
	}
	return client;
}

static void leave(struct connections *connections, struct client *client)
{
	if (--client->n)
		return;
	tdelete(client, &connections->clients, by_origin);
	free(client);
}

/* With the lock held: is there room for it? Then it is counted. */
static void admit(struct connections *connections, struct connection *c, const struct origin *origin)
{
	const struct connection_limits *limits = &connections->limits;
	struct client *client = NULL;

	c->beyond = connections->n[c->port] >= limits->max;
	if (c->beyond)
		return;
	if (origin->family)
		client = client_of(connections, origin);
	if (client && client->n >= limits->max_per_address) {
		c->beyond = true;
		return;
	}
	connections->n[c->port]++;
	c->client = client;
	if (client)
		client->n++;
}

static uint64_t deadline_in(const struct connection *c, unsigned seconds)
{
	if (c->beyond && seconds > CONNECTION_BEYOND_S)
		seconds = CONNECTION_BEYOND_S;
	return monotonic_ns() + seconds * 1000000000ull;
}

static unsigned head_seconds(const struct connections *connections)
{
	unsigned idle = connections->limits.idle_s;

	return idle < CONNECTION_HEAD_S ? idle : CONNECTION_HEAD_S;
}

struct connection *connection_begin(struct connections *connections, unsigned port, int fd,
				    const struct sockaddr *peer)
{
	struct connection *c = xcalloc(1, sizeof(*c));
	struct origin origin = origin_of(port, peer);

	c->port = port;
	c->fd = fd;
	pthread_mutex_lock(&connections->lock);
	admit(connections, c, &origin);
	c->deadline = deadline_in(c, head_seconds(connections));
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
	if (!c->beyond)
		connections->n[c->port]--;
	if (c->client)
		leave(connections, c->client);
	pthread_mutex_unlock(&connections->lock);
	free(c);
}

bool connection_beyond(const struct connection *c)
{
	return c->beyond;
}

void connection_limit(struct connections *connections, struct connection *c, unsigned seconds)
{
	pthread_mutex_lock(&connections->lock);
	c->deadline = seconds ? deadline_in(c, seconds) : 0;
	pthread_mutex_unlock(&connections->lock);
}

void connection_await_head(struct connections *connections, struct connection *c)
{
	connection_limit(connections, c, head_seconds(connections));
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
