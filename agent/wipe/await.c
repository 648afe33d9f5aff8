/* SPDX-License-Identifier: Apache-2.0 */
/* What the methods share: waiting for a drive that works by itself, and keeping what it said. */
#include <inttypes.h>
#include <string.h>

#include "agent/hw/transport.h"
#include "agent/wipe/method.h"
#include "core/hash.h"
#include "core/io.h"

enum {
	PAUSE_FIRST_MS = 200,
	PAUSE_MAX_MS = 10 * 1000,
	MARGIN_S = 600,
	BLIND_S = 86400,       /* without an estimate: this ... */
	BLIND_BYTES = 4 << 20, /* ... and a second for each of these */
	STILL_MIN_S = 3600,
};
#define SECOND_NS 1000000000ull

void wipe_run_status(struct wipe_run *run, const char *what, const void *raw, size_t len)
{
	const uint8_t *bytes = raw;
	_cleanup_free_ char *hex = NULL;

	while (len > 0 && !bytes[len - 1])
		len--;
	hex = xcalloc(2 * len + 1, 1);
	hex_encode(bytes, len, hex);
	if (run->status)
		json_array_append_new(run->status, json_pack("{s:s, s:s}", "what", what, "hex", hex));
}

static uint64_t whole_time_s(const struct wipe_run *run, uint32_t estimate_s)
{
	return estimate_s ? 2ull * estimate_s + MARGIN_S : BLIND_S + run->block->size / BLIND_BYTES;
}

int wipe_await(struct wipe_run *run, uint32_t estimate_s,
	       int (*ask)(struct wipe_run *run, uint16_t *ret_progress, struct err *err), struct err *err)
{
	const struct device_transport *t = device_transport();
	uint64_t whole_s = whole_time_s(run, estimate_s),
		 still_s = whole_s / 4 > STILL_MIN_S ? whole_s / 4 : STILL_MIN_S;
	uint64_t begun = t->now_ns(), moved = begun;
	unsigned pause = PAUSE_FIRST_MS;
	uint16_t progress, before = 0;
	int r;

	for (;;) {
		progress = before;
		r = ask(run, &progress, err);
		if (r != -EINPROGRESS)
			return r;
		if (progress != before)
			moved = t->now_ns();
		before = progress;
		if (t->now_ns() - begun > whole_s * SECOND_NS)
			return err_set(err, ETIMEDOUT,
				       "the drive is still at it after %" PRIu64
				       " s, at %u %%; it was given %s",
				       whole_s, progress * 100u / 65536u,
				       estimate_s ? "twice its own estimate and ten minutes"
						  : "a day and more, because it told no estimate");
		if (t->now_ns() - moved > still_s * SECOND_NS)
			return err_set(err, ETIMEDOUT,
				       "the drive's progress has stood still at %u %% for %" PRIu64 " s",
				       progress * 100u / 65536u, still_s);
		run->progress(run, progress, 65536, 300);
		t->pause(pause);
		pause = pause * 2 < PAUSE_MAX_MS ? pause * 2 : PAUSE_MAX_MS;
	}
}
