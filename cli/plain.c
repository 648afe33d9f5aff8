/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/plain.h"

#include <stdbool.h>
#include <string.h>

/* U+202A to U+202E and U+2066 to U+2069. */
static bool turns_direction(const unsigned char *c)
{
	return c[0] == 0xe2 && ((c[1] == 0x80 && c[2] >= 0xaa && c[2] <= 0xae) ||
				(c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9));
}

void plain_text(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c; c++) {
		if ((*c < 0x20 && *c != '\n') || *c == 0x7f)
			*c = '?';
		else if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
			memset(c, '?', 2);
		else if (turns_direction(c))
			memset(c, '?', 3);
	}
}
