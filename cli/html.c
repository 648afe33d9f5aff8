/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/html.h"

#include <string.h>

#include "cli/plain.h"
#include "core/io.h"

void html_text(FILE *out, const char *from)
{
	static const char *const entities[] = {
		['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};
	_cleanup_free_ char *plain = xstrdup(from);

	plain_text(plain);
	for (const char *c = plain; *c; c++)
		if (*c > 0 && (size_t)*c < sizeof(entities) / sizeof(entities[0]) && entities[(size_t)*c])
			fputs(entities[(size_t)*c], out);
		else
			fputc(*c, out);
}

void html_element(FILE *out, const char *tag, const char *from)
{
	fprintf(out, "<%s>", tag);
	html_text(out, from);
	fprintf(out, "</%.*s>", (int)strcspn(tag, " "), tag);
}
