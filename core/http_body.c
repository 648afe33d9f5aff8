/* SPDX-License-Identifier: Apache-2.0 */
#include "core/http_body.h"

#include <stdio.h>
#include <string.h>

#include "core/secret.h"

size_t http_body_add(char *data, size_t one, size_t len, void *user)
{
	struct http_body *body = user;

	(void)one;
	if (len > body->limit - body->len) {
		body->too_long = true;
		return 0;
	}
	if (body->len + len + 1 > body->size) {
		size_t size = body->len + len + 1 > body->size * 2 ? body->len + len + 1 : body->size * 2;
		char *grown = wiping_realloc(body->buf, size);

		if (!grown)
			return 0;
		body->buf = grown;
		body->size = size;
	}
	memcpy(body->buf + body->len, data, len);
	body->len += len;
	body->buf[body->len] = '\0';
	return len;
}

bool http_header_value(const char *line, size_t len, const char *name, char *out, size_t size)
{
	size_t n = strlen(name);

	if (len <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
		return false;
	line += n + 1;
	len -= n + 1;
	while (len && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	while (len && (unsigned char)line[len - 1] <= ' ')
		len--;
	snprintf(out, size, "%.*s", len < size ? (int)len : 0, line);
	return true;
}
