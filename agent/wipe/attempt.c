/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/wipe/attempt.h"

#include <string.h>

#include "core/hash.h"

void wipe_attempt_tell(struct wipe_attempt *a, uint64_t done, unsigned patience_s)
{
	a->hooks->progress(a->hooks->data, a->base + done, a->total, patience_s);
}

static void on_beat(void *data)
{
	wipe_attempt_tell(data, 0, WIPE_PATIENCE_S);
}

void wipe_work_reset(struct wipe_work *work)
{
	markers_free(work->markers);
	former_free(work->former);
	json_decref(work->status);
	json_decref(work->proof.signatures);
	work->markers = NULL;
	work->former = NULL;
	work->status = NULL;
	work->proof = (struct wipe_proof){0};
	work->err = (struct err){0};
}

/* ---- before the method ---- */

static int mark(struct wipe_attempt *a, struct wipe_work *w, struct err *err)
{
	int r = former_remember(&w->medium, w->markers, on_beat, a, &w->former, err);

	if (r < 0)
		return r;
	w->proof.before_samples = former_samples(w->former);
	w->proof.before_nonzero = former_nonzero(w->former);
	if ((r = markers_write(w->markers, &w->medium, on_beat, a, err)) < 0)
		return r;
	wipe_attempt_tell(a, 0, WIPE_FLUSH_PATIENCE_S);
	return block_flush(w->medium.fd, err);
}

/*
 * A drive that is locked (Opal), or whose last sanitize has failed, takes no writes until its method has run: such a method is run all the
 * same, and drive.c and the proof know that there are no markers.
 */
static bool may_be_unmarked(enum wipe_method method)
{
	return wipe_methods[method].cryptographic || wipe_methods[method].goes_on;
}

/* The journal knows of each write before it is made: of the markers, and then of the method. What fails here is the unit's own failure, but for
 * the journal's. */
static int begin(struct wipe_attempt *a, struct wipe_work *w, struct err *err)
{
	if (a->resumed)
		memcpy(w->key, w->unit->marked_key, WIPE_KEY_SIZE);
	else
		random_bytes(w->key, WIPE_KEY_SIZE);
	if (markers_new(a->drive->streams[0], w->key, w->medium.size, w->medium.block, &w->markers, &w->err) <
	    0)
		return 0;
	if (a->hooks->begin(a->hooks->data, w->index, a->method, w->key, a->resumed, err) < 0)
		return err_prepend(err, "journal");
	if (!a->resumed && mark(a, w, &w->err) < 0) {
		if (may_be_unmarked(a->method)) {
			w->proof.unmarked = w->err;
			w->err = (struct err){0};
		}
		return 0;
	}
	w->proof.markers_written = markers_count(w->markers);
	if (!a->resumed && a->hooks->begin(a->hooks->data, w->index, a->method, w->key, true, err) < 0)
		return err_prepend(err, "journal");
	return 0;
}

/* ---- the method ---- */

struct running {
	struct wipe_attempt *attempt;
	uint64_t weight; /* bytes that the method counts for */
};

static void on_method(struct wipe_run *run, uint64_t done, uint64_t total, unsigned patience_s)
{
	const struct running *r = run->data;
	uint64_t share = total ? (uint64_t)((unsigned __int128)r->weight * done / total) : 0;

	wipe_attempt_tell(r->attempt, share < r->weight ? share : r->weight, patience_s);
}

static void run_method(struct wipe_attempt *a, struct wipe_work *w, uint64_t weight)
{
	struct running running = {.attempt = a, .weight = weight};
	struct wipe_run run = {
		.block = w->unit->block,
		.fd = w->fd,
		.caps = &w->caps,
		.psid = w->unit->psid,
		.sid = w->unit->sid,
		.resumed = a->resumed,
		.key = w->key,
		.streams = a->drive->streams,
		.status = w->status,
		.progress = on_method,
		.data = &running,
	};

	(void)!wipe_methods[a->method].run(&run, &w->err);
	a->base += weight;
	w->proof.stream = a->method == WIPE_OVERWRITE;
	w->proof.stream_written = run.stream_written;
	w->proof.stream_seen = run.stream_seen;
}

/* What reaches every unit is done once, and its end is each one's. */
static void run_for_all(struct wipe_attempt *a, uint64_t weight)
{
	struct wipe_work *first = a->work[0];

	for (unsigned i = 0; i < a->n; i++)
		if (a->work[i]->err.code)
			first = a->work[i]; /* a unit without markers would have no proof: nothing is done at all */
	if (!first->err.code)
		run_method(a, first, weight);
	for (unsigned i = 0; i < a->n; i++) {
		struct wipe_work *w = a->work[i];

		if (w == first)
			continue;
		json_array_extend(w->status, first->status);
		if (first->err.code && !w->err.code)
			w->err = first->err;
	}
}

static uint64_t weight_of(const struct wipe_attempt *a, const struct wipe_work *w)
{
	return w->medium.size * (a->method == WIPE_OVERWRITE ? 3 : 1);
}

int wipe_attempt_run(struct wipe_attempt *a, struct err *err)
{
	uint64_t weight = 0;
	unsigned i;
	int r;

	a->base = a->total = 0;
	for (i = 0; i < a->n; i++) {
		wipe_work_reset(a->work[i]);
		a->work[i]->status = json_array();
		weight += weight_of(a, a->work[i]);
		a->total += weight_of(a, a->work[i]) + a->work[i]->medium.size;
	}
	for (i = 0; i < a->n; i++)
		if ((r = begin(a, a->work[i], err)) < 0)
			return r;
	if (wipe_methods[a->method].whole_subsystem)
		run_for_all(a, weight);
	for (i = 0; i < a->n; i++) {
		struct wipe_work *w = a->work[i];

		if (!wipe_methods[a->method].whole_subsystem && !w->err.code)
			run_method(a, w, weight_of(a, w));
		if (!w->err.code)
			(void)!wipe_prove(a, w, &w->err);
	}
	return 0;
}
