/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of what one of these tools has printed. Private to agent/hw/mst/. */
#ifndef AGENT_HW_MST_LINES_H
#define AGENT_HW_MST_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

#define MST_LINE_MAX 511 /* bytes; a longer line is an error */

struct mst_lines {
	const char *at, *end;
	unsigned n; /* of the line in `line`, from 1 */
	char line
		[MST_LINE_MAX +
		 1]; /* without its end, blanks at its end removed, bytes that are not printable ASCII as '?' */
};

/* 1: a line, 0: there are no more. A line "-E- ..." is -EIO, with its text; "-W- ..." and "-I- ..." are passed over. */
int mst_lines_next(struct mst_lines *lines, struct err *err) _must_check_;
/* The next word of the line, at most size - 1 bytes: false where there is none, or a longer one. */
bool mst_word(const char **at, char *to, size_t size);

#endif
