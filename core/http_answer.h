/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is an answer the range of bytes that was asked for (RFC 9110, section 14)? Exactly these bytes, or the reason why not.
 * A plain value that is fed with what arrives; no libcurl here.
 */
#ifndef CORE_HTTP_ANSWER_H
#define CORE_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct http_answer {
	uint64_t offset, len; /* bytes that were asked for; set by the caller, the rest is 0 */
	uint64_t received;    /* of them, in order */
	bool judged;          /* http_answer_judge() has been asked */
	bool has_range;       /* a Content-Range was there ... */
	uint64_t first, last; /* ... and says this */
};

/* A header line or the status line; not NUL-terminated. */
void http_answer_line(struct http_answer *answer, const char *line, size_t len);

/* When all header lines have been seen: the status, and the range. */
int http_answer_judge(struct http_answer *answer, long status, struct err *err) _must_check_;

/* So many more bytes of the body: refused when they are more than was asked for. Judged before. */
int http_answer_bytes(struct http_answer *answer, size_t len, struct err *err) _must_check_;

/* The body has ended as the server wanted: is it whole? Judged before. */
int http_answer_end(const struct http_answer *answer, struct err *err) _must_check_;

#endif
