/* SPDX-License-Identifier: Apache-2.0 */
/* What came back from one exchange, and what a BMC says in it. DSP0266, sections 8 (responses) and 8.6 (error responses). */
#ifndef REDFISH_ANSWER_H
#define REDFISH_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/json.h"
#include "redfish/ref.h"

#define RF_BODY_MAX       (16u << 20)  /* bytes; a real answer had 5.8 MB */
#define RF_COST_MAX       (128u << 20) /* bytes of memory for its values, as estimated before it is read */
#define RF_ETAG_MAX       192          /* bytes with the NUL; what is longer counts as none */
#define RF_TOKEN_MAX      1024
#define RF_NO_RETRY_AFTER (-1)

struct rf_answer {
	long status; /* HTTP */
	char *body;  /* NUL after len; never NULL after success */
	size_t len;
	char etag[RF_ETAG_MAX];     /* header ETag with its quotes; "": none */
	char location[RF_PATH_MAX]; /* header Location as it came; "": none */
	char token[RF_TOKEN_MAX];   /* header X-Auth-Token; a secret */
	long retry_after_s;         /* header Retry-After in seconds, or RF_NO_RETRY_AFTER */
};

/* Wipes and frees. */
void rf_answer_clear(struct rf_answer *answer);

/* One line of the header, as libcurl hands it out; not NUL-terminated. */
void rf_answer_header(struct rf_answer *answer, const char *line, size_t len);

/* The body as a JSON object; `what` for messages. Bounds: core/json.h, and RF_BODY_MAX. */
int rf_answer_json(const struct rf_answer *answer, const char *what, json_t **ret,
		   struct err *err) _must_check_;

/* Is a message of that name (the MessageId without registry and version) in the answer? */
bool rf_answer_says(const struct rf_answer *answer, const char *name);

/* A BMC's words for a terminal and a log: one line of printable ASCII, cut; malloc'd. */
char *rf_plain(const char *text) _must_check_;

/* The first message of the body for people, as rf_plain(); malloc'd, or NULL. */
char *rf_answer_message(const struct rf_answer *answer) _must_check_;

/* A status outside 2xx as an error: "PATCH /redfish/...: HTTP 400: message". Codes as http_status_code() (core/http_easy.h). */
int rf_answer_refused(const struct rf_answer *answer, const char *method, const char *path,
		      struct err *err) _must_check_;

#endif
