/* SPDX-License-Identifier: Apache-2.0 */
/* What a program writes, cut into lines of bounded length that are harmless in a log, an error and a document. */
#ifndef CORE_LINES_H
#define CORE_LINES_H

#include <stddef.h>

#define LINES_LEN_MAX 400 /* bytes of a line; the rest of a longer one is dropped */

struct lines {
	char line[LINES_LEN_MAX + 1]; /* that has begun */
	size_t len;
	char last[LINES_LEN_MAX + 1]; /* the newest whole line; "" so far */
};

typedef void (*lines_fn)(void *data, const char *line);

/* Bytes as they come. Each line, ended by '\n' or '\r', goes to `each` unless it is empty; a tab is a space in it, every other byte outside printable ASCII a '?'. */
void lines_add(struct lines *lines, const char *bytes, size_t len, lines_fn each, void *data);
/* At the end of what it writes: the line that has begun, if any. */
void lines_end(struct lines *lines, lines_fn each, void *data);

#endif
