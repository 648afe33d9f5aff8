/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overwriting by the host: a keyed stream first, which a drive can neither compress nor recognise as equal to anything, and whose reading back
 * shows that the medium took it; then zeros. The zeros are read back by the proof, as after any method.
 */
#include <inttypes.h>

#include "agent/wipe/method.h"

enum { PATIENCE_S = 300, FLUSH_PATIENCE_S = 900, PASSES = 3 };

struct overwrite {
	struct wipe_run *run;
	unsigned pass; /* from 0 on */
};

static void on_sweep(void *data, uint64_t done, uint64_t total)
{
	struct overwrite *o = data;
	struct wipe_run *run = o->run;

	run->progress(run, o->pass * total + done, PASSES * total,
		      done == total ? FLUSH_PATIENCE_S : PATIENCE_S);
}

static int verify_stream(struct overwrite *o, const struct sweep *sweep, struct err *err)
{
	struct sweep_seen *seen = &o->run->stream_seen;
	int r;

	/* Past every cache of ours; the drive's own was flushed. */
	if ((r = block_flush(o->run->fd, err)) < 0)
		return r;
	r = sweep_sample(sweep, SWEEP_STREAM, seen, err);
	if (r == 0 && !seen->as_expected)
		r = err_set(err, EIO, "the drive does not return what was written at byte %" PRIu64,
			    seen->differs_at);
	return r;
}

int method_overwrite(struct wipe_run *run, struct err *err)
{
	struct overwrite o = {.run = run};
	const struct sweep sweep = {
		.medium = {.fd = run->fd, .size = run->block->size, .block = run->block->logical_block_size},
		.streams = run->streams,
		.key = run->key,
		.progress = on_sweep,
		.data = &o,
	};
	int r;

	if ((r = sweep_write(&sweep, SWEEP_STREAM, err)) < 0)
		return r;
	run->stream_written = run->block->size;
	o.pass = 1;
	if (verify_stream(&o, &sweep, err) < 0)
		return err_prepend(err, "verifying the stream");
	o.pass = 2;
	return sweep_write(&sweep, SWEEP_ZEROS, err);
}
