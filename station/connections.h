/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a connection may take to say what it wants. The server's own timeout counts from the last byte, so that a
 * client that sends a byte now and then could hold a connection for ever; here each head and each body has a limit.
 */
#ifndef STATION_CONNECTIONS_H
#define STATION_CONNECTIONS_H

#define CONNECTION_HEAD_S 30 /* from the connection's begin, or the last reply, to the end of the next head */
#define CONNECTION_BODY_S 120 /* from the head to the end of the body */

struct connection;
struct connections;

struct connections *connections_new(void);
void connections_free(struct connections *connections); /* after the servers have stopped */

struct connection *connection_begin(struct connections *connections, int fd);
void connection_end(struct connections *connections, struct connection *connection);

/* seconds 0: no limit */
void connection_limit(struct connections *connections, struct connection *connection, unsigned seconds);

/* Shuts down those that are overdue; the server then sees their end. */
void connections_sweep(struct connections *connections);

#endif
