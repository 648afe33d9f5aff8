/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many connections a port takes, and how long one may take to say what it wants. The server's own timeout counts from
 * the last byte, so that a client that sends a byte now and then could hold a connection for ever; here each head and each body
 * has a limit. A connection that is one too many is taken all the same, to be told so: see connection_beyond().
 */
#ifndef STATION_CONNECTIONS_H
#define STATION_CONNECTIONS_H

#include <stdbool.h>
#include <sys/socket.h>

#define CONNECTION_HEAD_S   30 /* from the connection's begin, or the last reply, to the end of the next head */
#define CONNECTION_BODY_S   120 /* from the head to the end of the body */
#define CONNECTION_BEYOND_S 5   /* both, of a connection that is one too many */
#define CONNECTION_PORTS    2

struct connection_limits {
	unsigned max;             /* of a port */
	unsigned max_per_address; /* of a port, from one IPv4 address or one IPv6 network of 64 bits */
	unsigned idle_s;          /* without a byte in either direction */
};

struct connection;
struct connections;

struct connections *connections_new(const struct connection_limits *limits);
void connections_free(struct connections *connections); /* after the servers have stopped */

/* port: below CONNECTION_PORTS. peer: the client's address; NULL or of another family than IP: counted in the port alone. */
struct connection *connection_begin(struct connections *connections, unsigned port, int fd,
				    const struct sockaddr *peer);
void connection_end(struct connections *connections, struct connection *connection);

/* It came when the port, or its address, had as many as there may be. */
bool connection_beyond(const struct connection *connection);

/* From now on; seconds 0: no limit. */
void connection_limit(struct connections *connections, struct connection *connection, unsigned seconds);
/* The next head is waited for: CONNECTION_HEAD_S, or idle_s where that is shorter. */
void connection_await_head(struct connections *connections, struct connection *connection);

/* Shuts down those that are overdue; the server then sees their end. */
void connections_sweep(struct connections *connections);

#endif
