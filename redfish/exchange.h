/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP exchange within a procedure of the loop: bounded in time and size, TLS verified, no redirects, no retries. */
#ifndef REDFISH_EXCHANGE_H
#define REDFISH_EXCHANGE_H

#include "redfish/answer.h"
#include "redfish/loop.h"
#include "redfish/upload.h"

/* How a BMC proves who it is: the pin where there is one, else a CA. */
struct rf_trust {
	const char *ca_file; /* PEM */
	const char *ca_pem;  /* the same from memory, NUL-terminated; wins over ca_file */
	const char *pin;     /* as core/http_easy.h has it */
};

/* An answer that has no end: DSP0266, "Server-sent events". */
struct rf_stream {
	const char *last_id; /* Last-Event-ID; "": none */
	/* Bytes of it as they come. Within rf_transfer(), so it does not wait; not 0 ends the exchange (-EPIPE). */
	int (*sink)(void *data, const char *buf, size_t len);
	void *data;
};

struct rf_exchange {
	const char *method, *url;
	struct rf_trust trust;
	const char *body; /* JSON; NULL: none */
	size_t len;
	const char *if_match;           /* NULL: none */
	const char *token;              /* X-Auth-Token; NULL: none */
	const char *user, *password;    /* HTTP basic; NULL: none */
	bool any_encoding;              /* leave "Accept-Encoding: identity" out */
	unsigned timeout_ms;            /* of the whole; of an upload see RF_UPLOAD_RATE_MIN */
	const struct rf_upload *upload; /* instead of body; NULL: none */
	/* Where an answer of text/event-stream goes, without a bound in time; NULL: it is an answer like others. */
	const struct rf_stream *stream;
};

/*
 * On a handle that is used for one BMC alone. Any status is success. Transport errors as http_request() (core/http.h), -EFBIG for a body
 * over RF_BODY_MAX, and those of rf_transfer(). *ret is to be cleared in each case.
 */
int rf_exchange(struct rf_loop *loop, CURL *curl, const struct rf_exchange *exchange, struct rf_answer *ret,
		struct err *err) _must_check_;

#endif
