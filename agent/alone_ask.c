/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/alone_ask.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <termios.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/time.h"

#define SLICE_MS  1000 /* a wait is made of these, so that it shows life */
#define LINE_SIZE 64

/* Without a bias: of the 65536 values the last 5536 are drawn again. */
static void random_number(char ret[5])
{
	uint16_t n;

	do
		random_bytes(&n, sizeof(n));
	while (n >= 60000);
	snprintf(ret, 5, "%04u", n % 10000u);
}

static int say(const struct alone_ask *ask, const char *text, struct err *err)
{
	return write_full(ask->out, text, strlen(text), err);
}

static int show(const struct alone_ask *ask, const struct order *order, const struct wipe_targets *targets,
		struct err *err)
{
	_cleanup_free_ char *head = str_printf("\nOrder %s for %s erases this machine's %u drives:\n\n",
					       order->id, order->node, targets->n);
	int r = say(ask, head, err);

	for (unsigned i = 0; r == 0 && i < targets->n; i++) {
		const struct block *d = targets->drives[i];
		_cleanup_free_ char *line = str_printf(
			"  %-10s %8" PRIu64 " MB  %s  serial %s\n", d->dev, d->size / 1000000,
			*d->model ? d->model : "unknown model", *d->serial ? d->serial : "unknown");

		r = say(ask, line, err);
	}
	return r;
}

/* Some input within the time; 0 when it is over. */
static int wait_input(const struct alone_ask *ask, uint64_t until)
{
	struct pollfd fd = {.fd = ask->in, .events = POLLIN};
	int n = 0;

	while (n == 0 && monotonic_ns() < until) {
		uint64_t left = (until - monotonic_ns()) / 1000000 + 1;

		if (ask->alive)
			ask->alive(ask->alive_data);
		n = poll(&fd, 1, left < SLICE_MS ? (int)left : SLICE_MS);
		if (n < 0 && errno == EINTR)
			n = 0;
	}
	return n;
}

/* One line without its end; what is longer than any number is cut. */
static int read_line(const struct alone_ask *ask, char line[LINE_SIZE], struct err *err)
{
	uint64_t until = monotonic_ns() + ask->wait_ms * 1000000ull;
	size_t len = 0;

	for (;;) {
		int n = wait_input(ask, until);
		char c;

		if (n == 0)
			return err_set(err, ETIMEDOUT, "nobody has answered at the console");
		if (n < 0 || read(ask->in, &c, 1) != 1)
			return err_set(err, EIO, "there is no console to answer at");
		if (c == '\n' || c == '\r')
			break;
		if (len < LINE_SIZE - 1)
			line[len++] = c;
	}
	while (len && line[len - 1] == ' ')
		len--;
	line[len] = '\0';
	return 0;
}

/* 1: it is the number; 0: it is not. */
static int attempt(const struct alone_ask *ask, struct err *err)
{
	_cleanup_free_ char *question = NULL;
	char number[5], line[LINE_SIZE] = "";
	int r;

	(ask->number ? ask->number : random_number)(number);
	question = str_printf("\nWhat is on them is lost for good. Type %s and press Enter to erase them: ",
			      number);
	(void)tcflush(
		ask->in,
		TCIFLUSH); /* what was typed before the question is no answer; a pipe has no such queue */
	r = say(ask, question, err);
	if (r == 0)
		r = read_line(ask, line, err);
	return r < 0 ? r : !strcmp(line, number);
}

int alone_ask(const struct alone_ask *ask, const struct order *order, const struct wipe_targets *targets,
	      struct err *err)
{
	int r = show(ask, order, targets, err);

	for (unsigned i = 0; r == 0 && i < ALONE_ASK_ATTEMPTS; i++) {
		r = attempt(ask, err);
		if (r > 0)
			return 0;
		if (r == 0)
			r = say(ask, "That is another number.\n", err);
	}
	return r < 0 ? err_prepend(err, "not confirmed")
		     : err_set(err, EPERM, "not confirmed: another number was typed %d times",
			       ALONE_ASK_ATTEMPTS);
}
