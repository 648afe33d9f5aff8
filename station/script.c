/* SPDX-License-Identifier: Apache-2.0 */
#include "station/script.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/io.h"

#define NAME_MAX_BYTES 32

/* What stands for itself in every place of a script. '%' is not among it, so that what was escaped is told apart. */
static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~:/,=@+[]-";

/* begins_word: a '-' in front could make an option of the value. */
static void put_escaped(FILE *out, const char *text, size_t len, bool begins_word)
{
	for (size_t i = 0; i < len; i++) {
		if (strchr(harmless, text[i]) && text[i] && !(i == 0 && begins_word && text[i] == '-'))
			fputc(text[i], out);
		else
			fprintf(out, "%%%02X", (unsigned char)text[i]);
	}
}

static void put_value(FILE *out, const struct script_value *value, bool begins_word)
{
	const char *text = value->text;

	if (!text)
		return;
	if (!value->prefix) {
		put_escaped(out, text, strlen(text), begins_word);
		return;
	}
	while (*(text += strspn(text, " "))) {
		size_t len = strcspn(text, " ");

		fprintf(out, " %s", value->prefix);
		put_escaped(out, text, len, false);
		text += len;
	}
}

static const struct script_value *find(const struct script_value *values, const char *name, size_t len)
{
	for (; values->name; values++) {
		if (strlen(values->name) == len && memcmp(values->name, name, len) == 0)
			return values;
	}
	return NULL;
}

/* The length of a placeholder's name that begins at p, behind its '@'; 0: it is none. */
static size_t placeholder(const char *p)
{
	size_t len = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

	return len && len < NAME_MAX_BYTES && p[len] == '@' ? len : 0;
}

int script_make(const char *template, const struct script_value *values, char **ret, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0, len;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return err_set(err, ENOMEM, "out of memory");
	for (const char *p = template; *p; p++) {
		const struct script_value *value;

		len = *p == '@' ? placeholder(p + 1) : 0;
		if (!len) {
			fputc(*p, out);
			continue;
		}
		value = find(values, p + 1, len);
		if (!value) {
			fclose(out);
			return err_set(err, EINVAL, "the script's template has an unknown @%.*s@", (int)len,
				       p + 1);
		}
		put_value(out, value, p == template || isspace((unsigned char)p[-1]));
		p += len + 1;
	}
	if (fclose(out) != 0)
		return err_set(err, ENOMEM, "out of memory");
	*ret = TAKE_PTR(text);
	return 0;
}
