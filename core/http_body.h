/* SPDX-License-Identifier: Apache-2.0 */
/* The body of an answer as it arrives, bounded; and the value of a header line. No libcurl here. */
#ifndef CORE_HTTP_BODY_H
#define CORE_HTTP_BODY_H

#include <stdbool.h>
#include <stddef.h>

struct http_body {
	char *buf; /* NUL after len; NULL: nothing has come. May hold secrets: wiping_free() */
	size_t len, size, limit;
	bool too_long; /* there was more than limit */
};

/* libcurl's CURLOPT_WRITEFUNCTION, with a struct http_body as data. */
size_t http_body_add(char *data, size_t one, size_t len, void *body);

/* "Name: value\r\n" into out when it has that name (any case); a value that does not fit is "". True: it has. */
bool http_header_value(const char *line, size_t len, const char *name, char *out, size_t size);

#endif
