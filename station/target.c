/* SPDX-License-Identifier: Apache-2.0 */
#include "station/target.h"

#include <ctype.h>
#include <string.h>

#include "core/hash.h"
#include "core/io.h"

/* Decodes percent-encoding in place (RFC 3986 section 2.1). '+' stays what it is: a serial number may have one. */
static bool decode(char *text)
{
	char *out = text;
	uint8_t byte;

	for (const char *in = text; *in; in++) {
		byte = (uint8_t)*in;
		if (*in == '%') {
			char digits[3] = {in[1], in[1] ? in[2] : '\0', '\0'};

			if (strlen(digits) != 2 || hex_decode(digits, &byte, 1) < 0)
				return false;
			in += 2;
		}
		if (byte < 0x20 || byte > 0x7e)
			return false;
		*out++ = (char)byte;
	}
	*out = '\0';
	return true;
}

static void add_arg(struct target *target, char *text)
{
	char *value = strchr(text, '=');

	if (value)
		*value++ = '\0';
	else
		value = text + strlen(text);
	if (target->n_args == TARGET_ARGS_MAX || !decode(text) || !decode(value) ||
	    target_arg(target, text)) {
		target->damaged = true;
		return;
	}
	target->args[target->n_args].name = text;
	target->args[target->n_args++].value = value;
}

static bool path_plain(const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._~-";

	return path[0] == '/' && path[strspn(path, plain)] == '\0';
}

void target_parse(const char *raw, struct target *ret)
{
	char *query, *arg;

	*ret = (struct target){.buffer = xstrdup(strlen(raw) > TARGET_MAX ? "" : raw)};
	ret->path = ret->buffer;
	query = strchr(ret->buffer, '?');
	if (query) {
		*query++ = '\0';
		ret->asked = true;
		while ((arg = strsep(&query, "&")) != NULL) {
			if (*arg)
				add_arg(ret, arg);
		}
	}
	if (!path_plain(ret->path))
		ret->path = ret->buffer + strlen(ret->buffer);
}

void target_clear(struct target *target)
{
	free(target->buffer);
	*target = (struct target){0};
}

const char *target_arg(const struct target *target, const char *name)
{
	for (unsigned i = 0; i < target->n_args; i++) {
		if (strcmp(target->args[i].name, name) == 0)
			return target->args[i].value;
	}
	return NULL;
}

/* At most 19 digits, so that no value overflows; moves *text behind them. */
static bool digits(const char **text, uint64_t *ret)
{
	const char *p = *text;
	uint64_t n = 0;

	for (; isdigit((unsigned char)*p); p++) {
		if (p - *text == 19)
			return false;
		n = n * 10 + (uint64_t)(*p - '0');
	}
	if (p == *text)
		return false;
	*text = p;
	*ret = n;
	return true;
}

static enum range part(uint64_t first, uint64_t len, uint64_t *ret_first, uint64_t *ret_len)
{
	*ret_first = first;
	*ret_len = len;
	return RANGE_PART;
}

enum range range_parse(const char *header, uint64_t size, uint64_t *ret_first, uint64_t *ret_len)
{
	uint64_t first, last = UINT64_MAX;

	if (!header || strncasecmp(header, "bytes=", 6) != 0)
		return RANGE_WHOLE;
	header += 6;
	if (*header == '-') { /* the last bytes */
		header++;
		if (!digits(&header, &last) || *header)
			return RANGE_WHOLE;
		if (last == 0 || size == 0)
			return RANGE_UNSATISFIABLE;
		if (last > size)
			last = size;
		return part(size - last, last, ret_first, ret_len);
	}
	if (!digits(&header, &first) || *header++ != '-')
		return RANGE_WHOLE;
	if (*header && (!digits(&header, &last) || last < first))
		return RANGE_WHOLE;
	if (*header)
		return RANGE_WHOLE;
	if (first >= size)
		return RANGE_UNSATISFIABLE;
	if (last >= size)
		last = size - 1;
	return part(first, last - first + 1, ret_first, ret_len);
}
