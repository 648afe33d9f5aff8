/* SPDX-License-Identifier: Apache-2.0 */
/* Small memory and small strings: out of memory ends the process. */
#include <stdarg.h>
#include <string.h>

#include "core/io.h"

char *path_join(const char *a, const char *b)
{
	size_t n = strlen(a);

	return str_printf("%s%s%s", a, n && a[n - 1] == '/' ? "" : "/", b);
}

char *str_printf(const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	return text;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		abort();
	return p;
}

char *xstrdup(const char *s)
{
	char *copy = strdup(s);

	if (!copy)
		abort();
	return copy;
}
