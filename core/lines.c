/* SPDX-License-Identifier: Apache-2.0 */
#include "core/lines.h"

#include <string.h>

void lines_end(struct lines *lines, lines_fn each, void *data)
{
	lines->line[lines->len] = '\0';
	if (lines->len) {
		memcpy(lines->last, lines->line, sizeof(lines->last));
		each(data, lines->last);
	}
	lines->len = 0;
}

void lines_add(struct lines *lines, const char *bytes, size_t len, lines_fn each, void *data)
{
	for (size_t i = 0; i < len; i++) {
		char c = bytes[i] == '\t' ? ' ' : bytes[i];

		if (c == '\n' || c == '\r')
			lines_end(lines, each, data);
		else if (lines->len < LINES_LEN_MAX)
			lines->line[lines->len++] = c >= ' ' && c <= '~' ? c : '?';
	}
}
