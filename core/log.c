/* SPDX-License-Identifier: Apache-2.0 */
/* One line at a time, to standard error and into a ring of bytes. */
#include "core/log.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "core/time.h"

#define LINE_MAX_BYTES 2048

static struct {
	pthread_mutex_t lock;
	enum log_level max;
	const char *name;
	char *ring;
	size_t size, start, used; /* bytes [start, start + used) modulo size are lines */
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .max = LOG_INFO};

static const char *const level_word[] = {"error: ", "warning: ", "", "debug: "};

void log_set_level(enum log_level max)
{
	pthread_mutex_lock(&state.lock);
	state.max = max;
	pthread_mutex_unlock(&state.lock);
}

void log_set_name(const char *name)
{
	pthread_mutex_lock(&state.lock);
	state.name = name;
	pthread_mutex_unlock(&state.lock);
}

int log_ring_enable(size_t size)
{
	char *ring = size ? malloc(size) : NULL;

	if (size && !ring)
		return -ENOMEM;
	pthread_mutex_lock(&state.lock);
	free(state.ring);
	state.ring = ring;
	state.size = size;
	state.start = state.used = 0;
	pthread_mutex_unlock(&state.lock);
	return 0;
}

char *log_ring_copy(size_t *ret_len)
{
	char *copy;

	pthread_mutex_lock(&state.lock);
	copy = malloc(state.used + 1);
	if (copy) {
		for (size_t i = 0; i < state.used; i++)
			copy[i] = state.ring[(state.start + i) % state.size];
		copy[state.used] = '\0';
		*ret_len = state.used;
	}
	pthread_mutex_unlock(&state.lock);
	return copy;
}

/* Makes room by dropping whole lines from the front. */
static void ring_drop_line(void)
{
	char c;

	do {
		c = state.ring[state.start];
		state.start = (state.start + 1) % state.size;
		state.used--;
	} while (state.used && c != '\n');
}

static void ring_add(const char *line, size_t len)
{
	if (len > state.size)
		return;
	while (state.used + len > state.size)
		ring_drop_line();
	for (size_t i = 0; i < len; i++)
		state.ring[(state.start + state.used + i) % state.size] = line[i];
	state.used += len;
}

/* Copies text with control characters as \xNN; returns the length, always below size. */
static size_t escape(const char *text, char *out, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	for (const unsigned char *p = (const unsigned char *)text; *p && n + 5 < size; p++) {
		if (*p >= 0x20 && *p != 0x7f) {
			out[n++] = (char)*p;
			continue;
		}
		out[n++] = '\\';
		out[n++] = 'x';
		out[n++] = digits[*p >> 4];
		out[n++] = digits[*p & 15];
	}
	out[n] = '\0';
	return n;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES], clean[LINE_MAX_BYTES * 2], line[LINE_MAX_BYTES * 2 + 64];
	char now[TIME_TEXT_SIZE];
	int saved = errno, n;
	va_list args;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (n < 0)
		text[0] = '\0';
	escape(text, clean, sizeof(clean));
	time_format(time(NULL), now);
	pthread_mutex_lock(&state.lock);
	if (level <= state.max) {
		fprintf(stderr, "%s%s%s%s\n", state.name ? state.name : "", state.name ? ": " : "",
			level_word[level], clean);
		n = snprintf(line, sizeof(line), "%s %s%s\n", now, level_word[level], clean);
		if (state.ring && n > 0)
			ring_add(line, (size_t)n);
	}
	pthread_mutex_unlock(&state.lock);
	errno = saved;
}
