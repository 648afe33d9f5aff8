/* SPDX-License-Identifier: Apache-2.0 */
/* What is believed: markers gone, former contents changed, everything read back, no signature left. docs/wipe.md, "The proof". */
#include <inttypes.h>

#include "agent/wipe/attempt.h"

enum { SIGNATURES_MAX = 16 /* reported; more is cut */ };

static void on_beat(void *data)
{
	wipe_attempt_tell(data, 0, WIPE_PATIENCE_S);
}

static void on_sweep(void *data, uint64_t done, uint64_t total)
{
	wipe_attempt_tell(data, done, done == total ? WIPE_FLUSH_PATIENCE_S : WIPE_PATIENCE_S);
}

static int flush(struct wipe_attempt *a, struct wipe_work *w, struct err *err)
{
	wipe_attempt_tell(a, 0, WIPE_FLUSH_PATIENCE_S);
	return block_flush(w->fd, err);
}

static int look_for_markers(struct wipe_attempt *a, struct wipe_work *w, struct err *err)
{
	struct wipe_proof *p = &w->proof;
	int r;

	if (p->unmarked.code)
		return 0;
	r = markers_gone(w->markers, &w->medium, on_beat, a, &p->markers_gone, err);

	if (r == 0 && p->markers_gone != p->markers_written)
		r = err_set(err, EIO,
			    "%u of %u markers are still there: the drive reported success and kept data",
			    p->markers_written - p->markers_gone, p->markers_written);
	return r;
}

static int compare_former(struct wipe_attempt *a, struct wipe_work *w, struct err *err)
{
	struct wipe_proof *p = &w->proof;
	uint64_t at = 0;
	int r;

	if (!w->former || p->unmarked.code)
		return 0;
	r = former_unchanged(w->former, &w->medium, on_beat, a, &p->unchanged, &at, err);
	if (r == 0 && p->unchanged > 0)
		r = err_set(err, EIO,
			    "%u of %u samples read as before, the first at byte %" PRIu64
			    ": the drive reported success and kept data",
			    p->unchanged, p->before_nonzero, at);
	return r;
}

static struct sweep sweep_of(struct wipe_attempt *a, struct wipe_work *w)
{
	return (struct sweep){.medium = w->medium,
			      .streams = a->drive->streams,
			      .key = w->key,
			      .progress = on_sweep,
			      .data = a};
}

static int read_by_policy(struct wipe_attempt *a, struct wipe_work *w, struct sweep_seen *ret,
			  struct err *err)
{
	const struct sweep sweep = sweep_of(a, w);

	return a->drive->policy->sampled ? sweep_sample(&sweep, SWEEP_ZEROS, ret, err)
					 : sweep_read(&sweep, SWEEP_ZEROS, ret, err);
}

/*
 * A method of the device's may leave anything to be read (Base Specification 2.0a, 5.14 and 8.21; ACS-4, 7.36): what it is like is
 * recorded, by sampling once it is not zeros, and zeros follow, so that the next tenant's software finds an empty drive and the last reading has
 * something to compare with.
 */
static int read_after_device(struct wipe_attempt *a, struct wipe_work *w, struct err *err)
{
	const struct sweep sweep = sweep_of(a, w);
	struct wipe_proof *p = &w->proof;
	int r = read_by_policy(a, w, &p->method_seen, err);

	if (r == 0 && !p->method_seen.as_expected && !p->method_seen.sampled)
		r = sweep_sample(&sweep, SWEEP_ZEROS, &p->method_seen, err);
	if (r < 0)
		return r;
	p->method_read = true;
	if (p->method_seen.as_expected && !p->unmarked.code) {
		p->seen = p->method_seen;
		p->read = true;
		return 0;
	}
	p->overwritten_after = true;
	a->total += 2 * w->medium.size;
	if (sweep_write(&sweep, SWEEP_ZEROS, err) < 0)
		return err_prepend(err, "after the method");
	a->base += w->medium.size;
	return flush(a, w, err);
}

static int read_back(struct wipe_attempt *a, struct wipe_work *w, struct err *err)
{
	struct wipe_proof *p = &w->proof;
	int r = p->stream ? 0 : read_after_device(a, w, err);

	if (r == 0 && !p->read) {
		r = read_by_policy(a, w, &p->seen, err);
		p->read = r == 0;
	}
	a->base += w->medium.size;
	if (r == 0 && !p->seen.as_expected)
		r = err_set(err, EIO, "reads something other than zeros at byte %" PRIu64,
			    p->seen.differs_at);
	return r;
}

static int look_for_signatures(struct wipe_work *w, struct err *err)
{
	struct wipe_proof *p = &w->proof;
	struct err ignored = {0};
	int r;

	/* Not every device has partitions that the kernel could forget; that is no residue. */
	p->partitions_reread = block_reread_partitions(w->fd, &ignored) == 0;
	if ((r = block_signatures(w->fd, &p->signatures, err)) < 0)
		return r;
	while (json_array_size(p->signatures) > SIGNATURES_MAX)
		json_array_remove(p->signatures, SIGNATURES_MAX);
	if (json_array_size(p->signatures) > 0)
		return err_set(err, EIO, "signatures of former contents are still found");
	return 0;
}

int wipe_prove(struct wipe_attempt *a, struct wipe_work *w, struct err *err)
{
	int r = flush(a, w, err);

	if (r < 0 || (r = look_for_markers(a, w, err)) < 0 || (r = compare_former(a, w, err)) < 0)
		return r;
	if ((r = read_back(a, w, err)) < 0)
		return r;
	return look_for_signatures(w, err);
}
