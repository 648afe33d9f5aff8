/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "core/io.h"
#include "images/store/s3_xml.h"

static const struct {
	const char *entity;
	char c;
} entities[] = {{"&amp;", '&'},  {"&lt;", '<'},  {"&gt;", '>'},
		{"&quot;", '"'}, {"&#34;", '"'}, {"&apos;", '\''}};

#define N_ENTITIES (sizeof(entities) / sizeof(entities[0]))

/* One character at p; returns how many bytes it takes. */
static size_t decode(const char *p, char *c)
{
	for (size_t i = 0; i < N_ENTITIES; i++)
		if (!strncmp(p, entities[i].entity, strlen(entities[i].entity))) {
			*c = entities[i].c;
			return strlen(entities[i].entity);
		}
	*c = *p;
	return 1;
}

int s3_xml_text(const char *xml, const char *tag, char *out, size_t size)
{
	_cleanup_free_ char *open = str_printf("<%s>", tag), *shut = str_printf("</%s>", tag);
	const char *p = strstr(xml, open), *end = p ? strstr(p, shut) : NULL;
	size_t n = 0;

	if (!end)
		return -ENOENT;
	for (p += strlen(open); p < end && n + 1 < size; n++)
		p += decode(p, &out[n]);
	out[n] = '\0';
	return p < end ? -ENOENT : 0;
}

char *s3_xml_escape(const char *text)
{
	char *out = xcalloc(strlen(text) * 6 + 1, 1), *p = out;

	for (; *text; text++) {
		size_t i = 0;

		while (i < N_ENTITIES && entities[i].c != *text)
			i++;
		if (i < N_ENTITIES)
			p = stpcpy(p, entities[i].entity);
		else
			*p++ = *text;
	}
	return out;
}

char *s3_uri_encode(const char *text)
{
	char *out = xcalloc(strlen(text) * 3 + 1, 1), *p = out;

	for (; *text; text++)
		if (isascii(*text) && (isalnum(*text) || strchr("-._~", *text)))
			*p++ = *text;
		else
			p += sprintf(p, "%%%02X", (unsigned char)*text);
	return out;
}
