/* SPDX-License-Identifier: Apache-2.0 */
/* The two HTTP servers: from the socket to the route table and back. */
#ifndef STATION_SERVER_H
#define STATION_SERVER_H

#include "core/err.h"
#include "station/connections.h"
#include "station/request.h"

struct MHD_Daemon;

struct server {
	struct station *station;
	enum port port;
	struct MHD_Daemon *daemon;
};

/* Starts the server's threads, as many as there are processors, on the listening socket, which it then owns. key_pem and cert_pem (texts) for
 * PORT_HTTPS, else NULL. `server` must stay where it is until server_stop(). */
int server_start(struct server *server, int listen_fd, const struct connection_limits *limits,
		 const char *key_pem, const char *cert_pem, struct err *err) _must_check_;
/* Ends the connections; all waits must have ended (waits_stop). Nothing to do when it was never started. */
void server_stop(struct server *server);

#endif
