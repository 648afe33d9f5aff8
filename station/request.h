/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its reply. */
#ifndef STATION_REQUEST_H
#define STATION_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/json.h"
#include "station/auth.h"
#include "station/context.h"
#include "station/target.h"

struct MHD_Connection;
struct MHD_Response;
struct route;

enum port { PORT_HTTP, PORT_HTTPS };

struct request {
	struct station *station;
	struct MHD_Connection *connection;
	struct target target;
	enum port port;
	bool started;              /* the head has been judged */
	int refused;               /* 0, or the errno for which this request is refused: nothing is run */
	char why[256];             /* and the sentence */
	const struct route *route; /* NULL: there is none */
	const char *param[2];      /* what stands in the path for the route's stars; within `path_copy` */
	char *path_copy;
	struct caller caller;

	char *body; /* NUL after body_len; NULL without one, or where the route takes none */
	size_t body_len;
	uint64_t body_seen; /* bytes that came, kept or not */

	/* The reply. */
	unsigned status;
	struct MHD_Response *reply;
	char object[160];    /* what the audit trail names as the object of this call */
	uint64_t wait_until; /* of events: monotonic_ns(); 0: not set yet */
	uint64_t wait_seen;  /* the generation of events that this request has looked at */
	bool wake;           /* the handler has stored events */
	bool wait;           /* the handler asks to be run again when there are events */
};

/* The body as a JSON object that has no keys but `keys` (NULL-terminated); *ret is a new reference. */
int request_json(const struct request *req, const char *what, const char *const *keys, json_t **ret,
		 struct err *err) _must_check_;

/* An unsigned number among the query's arguments; *ret stays when it is not there. */
int request_arg_u64(const struct request *req, const char *name, uint64_t max, uint64_t *ret,
		    struct err *err) _must_check_;
/* Refuses arguments that are none of `names` (NULL-terminated). */
int request_args_only(const struct request *req, const char *const *names, struct err *err) _must_check_;

/* Each sets the reply, in place of one that was set before, and returns 0 or fills err. */
/* Any response; NULL is out of memory. Takes it. */
int reply_set(struct request *req, unsigned status, struct MHD_Response *reply, struct err *err) _must_check_;
int reply_json(struct request *req, unsigned status, json_t *json,
	       struct err *err) _must_check_; /* takes json */
int reply_bytes(struct request *req, unsigned status, const char *type, const void *bytes, size_t len,
		struct err *err) _must_check_; /* copies */
int reply_empty(struct request *req, unsigned status, struct err *err) _must_check_;
int reply_header(struct request *req, const char *name, const char *value, struct err *err) _must_check_;
/* {"error": text} */
int reply_error(struct request *req, unsigned status, const char *text, struct err *err) _must_check_;

/* The status for a handler's error code. */
unsigned reply_status(int code);

void request_free(struct request *req);

#endif
