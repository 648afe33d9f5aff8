/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP client on libcurl. TLS is always verified, against the client's CA file alone; there is no
 * way to switch that off. Only http and https, no redirects to another origin, HTTP proxies of the
 * environment ignored.
 */
#ifndef CORE_HTTP_H
#define CORE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/json.h"

struct http; /* one thread at a time; keeps connections alive */

struct http_options {
	const char *ca_file;   /* PEM; NULL: the system's */
	const char *ca_pem;    /* the same from memory, NUL-terminated; wins over ca_file */
	const char *token;     /* "Authorization: Bearer"; NULL: none. Sent to base's origin only */
	const char *base;      /* URL that relative targets are appended to, such as https://10.0.0.1:8443 */
	const char *interface; /* bind to this interface; NULL: any */
	unsigned connect_timeout_s; /* 0: 10 */
	unsigned timeout_s;         /* whole exchange; 0: 60. Ranged fetches use low-speed limits instead */
	bool (*cancelled)(void *data); /* asked at least every second; may be NULL */
	void *cancelled_data;
};

int http_new(const struct http_options *options, struct http **ret, struct err *err) _must_check_;
void http_free(struct http *http);
DEFINE_CLEANUP(struct http *, http_free);
void http_set_token(struct http *http, const char *token);

struct http_response {
	long status; /* HTTP status code */
	char *body;  /* malloc'd, NUL after len; never NULL */
	size_t len;
	char content_type[128];
};
void http_response_clear(struct http_response *response); /* frees the body */

/*
 * One exchange, the body of the answer bounded by `limit` (more is -EFBIG). body may be NULL. Any HTTP
 * status is success here; the caller judges. Transport errors: -ETIMEDOUT, -ECONNREFUSED, -EHOSTUNREACH,
 * -ECONNRESET, -EKEYREJECTED (TLS verification), -ECANCELED, -EPROTO; the text names the URL without query.
 */
int http_request(struct http *http, const char *method, const char *target, const char *content_type,
		 const void *body, size_t body_len, size_t limit, struct http_response *ret,
		 struct err *err) _must_check_;

/*
 * JSON both ways. A status outside 2xx becomes an error whose text is the answer's {"error": "..."}:
 * 400 -EINVAL, 401 -EACCES, 403 -EPERM, 404 -ENOENT, 409 -ESTALE, 410 -ECANCELED, 413 -EFBIG, 429 and 5xx -EAGAIN.
 * *ret may be NULL after 204. ret may be NULL. limit is 16 MiB.
 */
int http_json(struct http *http, const char *method, const char *target, const json_t *body, json_t **ret,
	      struct err *err) _must_check_;

/* What a status outside 2xx means: the error above, with the sentence in a station's answer, or the status alone for another. */
int http_refused(const char *method, const char *target, const struct http_response *response,
		 struct err *err) _must_check_;

/* May an exchange that failed with this code succeed when tried again? */
bool http_transient(int code);

/*
 * Fetches bytes [offset, offset + len) and hands them to sink in order; the sink returns 0 or a
 * negative errno that ends the transfer. A server that ignores ranges (200 instead of 206), answers another
 * range or fewer bytes is -EPROTO with the reason; a connection that breaks off in the middle -ECONNRESET; other
 * statuses are as for http_json(). Slower than 1 KiB/s for 30 s is -ETIMEDOUT.
 */
int http_fetch_range(struct http *http, const char *url, uint64_t offset, uint64_t len,
		     int (*sink)(void *data, const void *buf, size_t len, struct err *err), void *data,
		     struct err *err) _must_check_;

#endif
