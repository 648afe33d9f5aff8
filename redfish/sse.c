/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/sse.h"

#include <stdlib.h>
#include <string.h>

#include "core/io.h"

#define RETRY_DIGITS_MAX 9

static const char mark[] = "\xef\xbb\xbf"; /* UTF-8's byte order mark, which may begin a stream */

/* Bytes that grow up to a bound. */
struct text {
	char *buf;
	size_t len, size;
};

struct rf_sse {
	void (*take)(void *data, const struct rf_sse_event *event);
	void *data;
	struct text line, body;
	bool after_cr;               /* a LF that comes now belongs to it */
	bool first;                  /* no line has ended yet */
	bool has_data;               /* the event has had a field "data" */
	char type[RF_SSE_TYPE_MAX];  /* of the event that is being read */
	char id[RF_SSE_ID_MAX];      /* that the stream has named last */
	char last_id[RF_SSE_ID_MAX]; /* ... before an event's end */
	unsigned retry_ms;
	bool has_retry;
};

struct rf_sse *rf_sse_new(void (*take)(void *data, const struct rf_sse_event *event), void *data)
{
	struct rf_sse *sse = xcalloc(1, sizeof(*sse));

	sse->take = take;
	sse->data = data;
	sse->first = true;
	return sse;
}

void rf_sse_free(struct rf_sse *sse)
{
	if (!sse)
		return;
	free(sse->line.buf);
	free(sse->body.buf);
	free(sse);
}

void rf_sse_restart(struct rf_sse *sse)
{
	sse->line.len = sse->body.len = 0;
	sse->after_cr = sse->has_data = false;
	sse->first = true;
	sse->type[0] = '\0';
	memcpy(sse->id, sse->last_id, sizeof(sse->id));
}

const char *rf_sse_last_id(const struct rf_sse *sse)
{
	return sse->last_id;
}

bool rf_sse_retry(const struct rf_sse *sse, unsigned *ret_ms)
{
	if (sse->has_retry)
		*ret_ms = sse->retry_ms;
	return sse->has_retry;
}

/* With room for a NUL. Bounds are far below what could overflow. */
static int add(struct text *text, const char *buf, size_t len, size_t max, const char *what, struct err *err)
{
	if (len > max - text->len)
		return err_set(err, EFBIG, "%s of more than %zu bytes in a stream of events", what, max);
	if (text->len + len + 1 > text->size) {
		size_t size = text->size ? text->size : 1024;
		char *larger;

		while (size < text->len + len + 1)
			size *= 2;
		larger = realloc(text->buf, size);
		if (!larger)
			return err_sys(err, ENOMEM, "%s of a stream of events", what);
		text->buf = larger;
		text->size = size;
	}
	if (len)
		memcpy(text->buf + text->len, buf, len);
	text->len += len;
	text->buf[text->len] = '\0';
	return 0;
}

/* A value that will stand in a header or a message: "" when it is too long or has other bytes. */
static void take_word(char *into, size_t size, const char *value, size_t len)
{
	into[0] = '\0';
	if (len >= size)
		return;
	for (size_t i = 0; i < len; i++)
		if (value[i] < 0x20 || value[i] > 0x7e)
			return;
	memcpy(into, value, len);
	into[len] = '\0';
}

static void take_retry(struct rf_sse *sse, const char *value, size_t len)
{
	unsigned ms = 0;

	if (!len || len > RETRY_DIGITS_MAX)
		return;
	for (size_t i = 0; i < len; i++) {
		if (value[i] < '0' || value[i] > '9')
			return;
		ms = ms * 10 + (unsigned)(value[i] - '0');
	}
	sse->retry_ms = ms;
	sse->has_retry = true;
}

static bool is(const char *name, size_t len, const char *word)
{
	return len == strlen(word) && !memcmp(name, word, len);
}

static int take_field(struct rf_sse *sse, const char *name, size_t len, const char *value, size_t value_len,
		      struct err *err)
{
	int r = 0;

	if (is(name, len, "data")) {
		if (sse->has_data)
			r = add(&sse->body, "\n", 1, RF_SSE_DATA_MAX, "an event", err);
		sse->has_data = true;
		return r < 0 ? r : add(&sse->body, value, value_len, RF_SSE_DATA_MAX, "an event", err);
	}
	if (is(name, len, "event"))
		take_word(sse->type, sizeof(sse->type), value, value_len);
	else if (is(name, len, "id") && !memchr(value, '\0', value_len))
		take_word(sse->id, sizeof(sse->id), value, value_len);
	else if (is(name, len, "retry"))
		take_retry(sse, value, value_len);
	return 0; /* others are for later versions */
}

/* An empty line ends an event. One without data is none, but its id counts. */
static void end_event(struct rf_sse *sse)
{
	memcpy(sse->last_id, sse->id, sizeof(sse->last_id));
	if (sse->body.len) {
		const struct rf_sse_event event = {.id = sse->last_id,
						   .type = sse->type[0] ? sse->type : "message",
						   .data = sse->body.buf,
						   .len = sse->body.len};

		sse->take(sse->data, &event);
	}
	sse->body.len = 0;
	sse->has_data = false;
	sse->type[0] = '\0';
}

static int end_line(struct rf_sse *sse, struct err *err)
{
	const char *line = sse->line.buf, *colon, *value;
	size_t len = sse->line.len, skip = 0;

	sse->line.len = 0;
	if (sse->first && len >= strlen(mark) && !memcmp(line, mark, strlen(mark)))
		skip = strlen(mark);
	sse->first = false;
	if (len == skip) {
		end_event(sse);
		return 0;
	}
	line += skip;
	len -= skip;
	colon = memchr(line, ':', len);
	if (colon == line) /* a comment */
		return 0;
	value = colon ? colon + 1 : line + len;
	if (colon && value < line + len && *value == ' ')
		value++;
	return take_field(sse, line, colon ? (size_t)(colon - line) : len, value,
			  (size_t)(line + len - value), err);
}

/* Up to the end of a line, or of what there is: *ret is what has been used. */
static int feed_line(struct rf_sse *sse, const char *buf, size_t len, size_t *ret, struct err *err)
{
	size_t n = 0;
	int r;

	while (n < len && buf[n] != '\n' && buf[n] != '\r')
		n++;
	r = add(&sse->line, buf, n, RF_SSE_LINE_MAX, "a line", err);
	if (r < 0)
		return r;
	*ret = n;
	if (n == len)
		return 0;
	sse->after_cr = buf[n] == '\r';
	*ret = n + 1;
	return end_line(sse, err);
}

int rf_sse_feed(struct rf_sse *sse, const char *buf, size_t len, struct err *err)
{
	int r = 0;

	while (len && r == 0) {
		size_t used = 1;

		if (sse->after_cr && *buf == '\n') {
			sse->after_cr = false;
		} else {
			sse->after_cr = false;
			r = feed_line(sse, buf, len, &used, err);
		}
		buf += used;
		len -= used;
	}
	return r;
}
