/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/mst/lines.h"

#include <string.h>

static int take(struct mst_lines *l, struct err *err)
{
	const char *newline = memchr(l->at, '\n', (size_t)(l->end - l->at));
	size_t len = (size_t)((newline ? newline : l->end) - l->at);

	l->n++;
	if (len > MST_LINE_MAX)
		return err_set(err, EBADMSG, "line %u has more than %d bytes", l->n, MST_LINE_MAX);
	for (size_t i = 0; i < len; i++)
		l->line[i] = l->at[i] == '\t' || l->at[i] == '\r'  ? ' '
			     : l->at[i] >= 0x20 && l->at[i] < 0x7f ? l->at[i]
								   : '?';
	while (len && l->line[len - 1] == ' ')
		len--;
	l->line[len] = '\0';
	l->at = newline ? newline + 1 : l->end;
	return 1;
}

int mst_lines_next(struct mst_lines *l, struct err *err)
{
	while (l->at < l->end) {
		int r = take(l, err);

		if (r < 0)
			return r;
		if (!strncmp(l->line, "-E- ", 4))
			return err_set(err, EIO, "%s", l->line + 4);
		if (strncmp(l->line, "-W- ", 4) != 0 && strncmp(l->line, "-I- ", 4) != 0)
			return 1;
	}
	return 0;
}

bool mst_word(const char **at, char *to, size_t size)
{
	const char *begin = *at + strspn(*at, " ");
	size_t len = strcspn(begin, " ");

	if (!len || len >= size)
		return false;
	memcpy(to, begin, len);
	to[len] = '\0';
	*at = begin + len;
	return true;
}
