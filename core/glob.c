/* SPDX-License-Identifier: Apache-2.0 */
#include "core/glob.h"

#include <stddef.h>

/* Each '*' takes as little as will do, and only the newest is tried anew: where what follows it does not fit, one byte further on. */
bool glob_matches(const char *pattern, const char *text)
{
	const char *star = NULL, *from = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			from = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
