/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of fixed size: a text that does not fit is cut and says so. */
#include "core/err.h"

#undef err_set
#undef err_sys

#include <string.h>

/* Newlines and other control characters would forge lines in a log. */
static void flatten(char *text)
{
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = ' ';
}

static void mark_cut(char *text, size_t size)
{
	memcpy(text + size - 4, "...", 4);
}

static void set_text(struct err *err, const char *fmt, va_list args)
{
	int n = vsnprintf(err->text, sizeof(err->text), fmt, args);

	if (n < 0)
		err->text[0] = '\0';
	else if ((size_t)n >= sizeof(err->text))
		mark_cut(err->text, sizeof(err->text));
	flatten(err->text);
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set_text(err, fmt, args);
	va_end(args);
	err->code = code;
	return -code;
}

int err_sys(struct err *err, int code, const char *fmt, ...)
{
	char words[128];
	size_t used;
	va_list args;

	va_start(args, fmt);
	set_text(err, fmt, args);
	va_end(args);
	err->code = code;
	used = strlen(err->text);
	if (snprintf(err->text + used, sizeof(err->text) - used, ": %s",
		     strerror_r(code, words, sizeof(words))) >= (int)(sizeof(err->text) - used))
		mark_cut(err->text, sizeof(err->text));
	return -code;
}

int err_prepend(struct err *err, const char *fmt, ...)
{
	char old[sizeof(err->text)];
	size_t used;
	va_list args;

	memcpy(old, err->text, sizeof(old));
	va_start(args, fmt);
	set_text(err, fmt, args);
	va_end(args);
	used = strlen(err->text);
	if (!strncmp(old, err->text, used) && !strncmp(old + used, ": ", 2)) {
		memcpy(err->text, old, sizeof(old));
		return -err->code;
	}
	if (snprintf(err->text + used, sizeof(err->text) - used, ": %s", old) >=
	    (int)(sizeof(err->text) - used))
		mark_cut(err->text, sizeof(err->text));
	return -err->code;
}
