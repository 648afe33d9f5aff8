/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/image/write_probe.h"

#include <time.h>

#include "core/http_multi.h"
#include "core/io.h"

enum {
	WAIT_MS = 100,
	BUSY_TRIES = 10, /* a second apart */
};

struct probe {
	struct http_transfer *transfer;
	struct err why;
};

static int drop(void *data, const void *buf, size_t len)
{
	(void)data;
	(void)buf;
	(void)len;
	return 0;
}

/* The last byte: of a payload that is there, long enough, and given by ranges. */
static int start(struct http_multi *multi, const struct write_image *image, unsigned source,
		 struct probe *probe, struct err *err)
{
	const struct http_ranged what = {
		.url = image->urls[source],
		.ca_pem = image->tls_ca,
		.offset = image->manifest->payload_size - 1,
		.len = 1,
		.sink = drop,
		.data = probe,
	};

	return http_multi_start(multi, &what, &probe->transfer, err);
}

static int nobody(const struct probe *probes, unsigned n, struct err *err)
{
	_cleanup_free_ char *text = xstrdup("");

	for (unsigned i = 0; i < n; i++) {
		char *longer = str_printf("%s%s%s", text, i ? "; " : "", probes[i].why.text);

		free(text);
		text = longer;
	}
	return err_set(err, probes[0].why.code, "%s%s; nothing has been changed",
		       n > 1 ? "no source gives the payload: " : "", text);
}

/* Until one has given it (1), or all have ended (0). */
static int ask(struct http_multi *multi, unsigned n, bool (*cancelled)(void *data), struct err *err)
{
	struct probe *probe;
	uint64_t received;
	int r;

	for (unsigned left = n; left > 0;) {
		if (cancelled(NULL))
			return err_set(err, ECANCELED, "interrupted");
		if ((r = http_multi_move(multi, WAIT_MS, err)) < 0)
			return r;
		while ((probe = http_multi_ended(multi))) {
			if (http_multi_finish(multi, TAKE_PTR(probe->transfer), &received, &probe->why) == 0)
				return 1;
			left--;
		}
	}
	return 0;
}

/* 1: one gives it; 0: none does, and probes[] say why. */
static int ask_all(const struct write_image *image, struct probe *probes, bool (*cancelled)(void *data),
		   struct err *err)
{
	_cleanup_(http_multi_freep) struct http_multi *multi = NULL;
	unsigned n = image->n_sources;
	uint64_t received;
	int r = http_multi_new(&multi, err);

	for (unsigned i = 0; r == 0 && i < n; i++)
		r = start(multi, image, i, &probes[i], err);
	if (r == 0)
		r = ask(multi, n, cancelled, err);
	for (unsigned i = 0; i < n; i++)
		if (probes[i].transfer)
			http_multi_finish(multi, TAKE_PTR(probes[i].transfer), &received, &probes[i].why);
	return r;
}

/* 429 and 5xx: a server that has too much to do. */
static bool one_is_busy(const struct probe *probes, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (probes[i].why.code == EAGAIN)
			return true;
	return false;
}

int write_probe(const struct write_image *image, bool (*cancelled)(void *data), struct err *err)
{
	const struct timespec pause = {.tv_sec = 1};
	struct probe probes[PIPELINE_SOURCES_MAX] = {0};
	unsigned n = image->n_sources;
	int r = ask_all(image, probes, cancelled, err);

	for (unsigned tries = 1; r == 0 && tries < BUSY_TRIES && one_is_busy(probes, n); tries++) {
		nanosleep(&pause, NULL);
		r = ask_all(image, probes, cancelled, err);
	}
	if (r == 0)
		return nobody(probes, n, err);
	return r < 0 ? r : 0;
}
