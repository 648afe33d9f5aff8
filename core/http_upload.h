/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exchanges with a store of files: bodies that come from a file, answers' headers, Amazon's signature version 4
 * (which S3-compatible stores take), and downloads of unknown length. The rules of core/http.h hold here too.
 */
#ifndef CORE_HTTP_UPLOAD_H
#define CORE_HTTP_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/http.h"

/* Who signs. Requests are signed for the service "s3". */
struct http_sigv4 {
	const char *region, *key_id, *secret;
	const char *session; /* of temporary credentials; NULL: none */
};

struct http_send {
	const char *method;         /* "PUT" */
	const char *url;            /* with `sign` its query is in canonical order and form: "a=1&b=" */
	const char *const *headers; /* "Name: value", NULL-terminated; NULL: none */

	const void *body;     /* len bytes; NULL: from fd, or none when len is 0 */
	int fd;               /* read with pread() from offset on */
	uint64_t offset, len; /* bytes */

	const struct http_sigv4 *sign; /* NULL: not signed */
	const char *sha256;            /* of the body, hexadecimal; needed with `sign` */
	const char *meta; /* name of the answer's header that is wanted, lower case; NULL: none */

	size_t limit; /* bytes of the answer's body; more is -EFBIG */
	/* Bytes of the body that have been sent; from 0 again when it is sent again. May be NULL. */
	void (*progress)(void *data, uint64_t sent);
	void *data;
};

struct http_answer {
	long status;
	char *body; /* malloc'd, NUL after len; never NULL after success */
	size_t len;
	uint64_t content_length; /* what the header says, with HEAD too; UINT64_MAX: nothing */
	char etag[160];          /* with its quotes; "": none */
	char meta[160];          /* value of the wanted header; "": none */
};
void http_answer_clear(struct http_answer *answer);

/* Any status is success, as with http_request(). Slower than 1 KiB/s for 5 minutes is -ETIMEDOUT. */
int http_send(struct http *http, const struct http_send *send, struct http_answer *ret,
	      struct err *err) _must_check_;

/*
 * Fetches everything from `offset` on and hands it to sink in order. Up to 5 redirects are followed, from https to https alone: for
 * what is checked by its digest. *ret_total, when not NULL, is set before the first byte: bytes of the whole, 0 when the
 * server does not say. Other statuses than 200 (206 with an offset) are as for http_json(). A connection that breaks off is -ECONNRESET.
 */
int http_download(struct http *http, const char *url, uint64_t offset,
		  int (*sink)(void *data, const void *buf, size_t len, struct err *err), void *data,
		  uint64_t *ret_total, struct err *err) _must_check_;

#endif
