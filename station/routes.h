/* SPDX-License-Identifier: Apache-2.0 */
/* The calls that the station answers: one table, in the order of docs/protocol.md. */
#ifndef STATION_ROUTES_H
#define STATION_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "station/request.h"

struct route {
	const char *method; /* HEAD goes with GET */
	const char *path;   /* "*" stands for one segment */
	enum port port;
	enum auth auth;
	size_t body_limit;  /* bytes; 0: a body is refused */
	bool no_store;      /* runs outside of a transaction */
	bool body_ignored;  /* a body is taken and not kept */
	const char *action; /* of the audit trail; NULL: this call is not in it when it succeeds */
	int (*handler)(struct request *req, struct err *err);
};

extern const struct route routes[];
extern const size_t n_routes;

/*
 * Finds the route for the request and judges who asks, before any body is read: fills req->route, param and caller.
 * -EACCES for every stranger on HTTPS, whether there is such a call or not; -ENOENT, -ENOTSUP, -EPERM, -ESTALE.
 */
int route_find(struct request *req, const char *method, const char *authorization,
	       struct err *err) _must_check_;

/* Judges again, runs the handler in a transaction and audits. Always leaves a reply, or req->wait set. */
int route_run(struct request *req, const char *authorization, struct err *err) _must_check_;

/* Writes a refusal or failure into the audit trail where it belongs there. */
void route_audit_refusal(const struct request *req, const char *method, const struct err *why);

#endif
