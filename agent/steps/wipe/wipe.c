/* SPDX-License-Identifier: Apache-2.0 */
/* The step that erases the order's drives and proves it. docs/wipe.md. */
#include <inttypes.h>
#include <string.h>

#include "agent/step.h"
#include "agent/steps/roots.h"
#include "agent/steps/wipe/evidence.h"
#include "agent/steps/wipe/fleet.h"
#include "agent/steps/wipe/order.h"
#include "agent/steps/wipe/single.h"
#include "agent/steps/wipe/targets.h"
#include "agent/wipe/sweep.h"
#include "core/io.h"
#include "core/json.h"

static int choose(const struct job *job, struct wipe_targets *ret, struct err *err)
{
	const struct block *roots[ORDER_ROOTS_MAX];

	for (unsigned i = 0; i < job->facts.n_roots; i++)
		roots[i] = job->facts.roots[i].block;
	return wipe_targets_choose(job->order, job->facts.disks, job->facts.n_disks, roots,
				   job->facts.n_roots, ret, err);
}

/* Each drive must be there for us alone, and have a method that the order's policy takes: found while all still stands. */
static int wipe_check(struct job *job, struct err *err)
{
	_cleanup_(wipe_targets_clear) struct wipe_targets t = {0};
	int r = choose(job, &t, err);

	return r < 0 ? r : wipe_check_plans(job->order, t.drives, t.n, err);
}

/* Evidence for the drives that an earlier boot has proven; the others are collected in `left`. */
static json_t **take_up(struct job *job, const struct wipe_targets *t, const struct block **left,
			unsigned *n_left)
{
	json_t **resumed = xcalloc(t->n ? t->n : 1, sizeof(json_t *));

	*n_left = 0;
	for (unsigned i = 0; i < t->n; i++) {
		resumed[i] = wipe_evidence_resume(t->drives[i], job->journal, job->n_journal);
		if (!resumed[i])
			left[(*n_left)++] = t->drives[i];
	}
	return resumed;
}

/* In the targets' order again; the references in `resumed` are taken. */
static json_t *join(const struct wipe_targets *t, json_t *const *resumed, const json_t *fresh)
{
	json_t *wiped = json_array();
	size_t next = 0;

	for (unsigned i = 0; i < t->n; i++) {
		if (resumed[i])
			json_array_append_new(wiped, resumed[i]);
		else
			json_array_append(wiped, json_array_get(fresh, next++));
	}
	return wiped;
}

/* What was hidden of the drive before this boot of the order made it visible. */
static void add_revealed(const struct job *job, json_t *wiped)
{
	const json_t *record;
	json_t *drive;
	size_t i;

	json_array_foreach(wiped, i, drive) {
		record = json_object_get(job->facts.revealed,
					 json_string_value(json_object_get(drive, "name")));
		if (!record)
			continue;
		json_object_set(drive, "revealed", json_object_get(record, "what"));
		if (json_integer_value(json_object_get(record, "size_before")))
			json_object_set(drive, "size_before", json_object_get(record, "size_before"));
	}
}

static int judge(const struct wipe_targets *t, const json_t *wiped, struct err *err)
{
	const char *first = NULL, *reason;
	unsigned failed = 0;

	for (unsigned i = 0; i < t->n; i++) {
		const json_t *drive = json_array_get(wiped, i);

		if (wipe_evidence_is_proven(drive))
			continue;
		if (failed++ > 0)
			continue;
		first = t->drives[i]->name;
		reason = json_string_value(json_object_get(drive, "reason"));
		err_set(err, EIO, "drive %s: %s", first, reason ? reason : "its proof is incomplete");
	}
	if (failed > 1)
		return err_prepend(err, "%u of %u drives are not proven; the first", failed, t->n);
	return failed ? -err->code : 0;
}

static bool reads_zero(const struct wipe_targets *t, const struct block *block, const json_t *wiped)
{
	for (unsigned i = 0; i < t->n; i++)
		if (t->drives[i] == block)
			return wipe_evidence_reads_zero(json_array_get(wiped, i));
	return false;
}

static int wipe_run(struct job *job, struct err *err)
{
	_cleanup_(wipe_targets_clear) struct wipe_targets t = {0};
	_cleanup_free_ const struct block **left = NULL;
	_cleanup_free_ json_t **resumed = NULL;
	_cleanup_json_ json_t *fresh = json_array();
	unsigned n_left, i;
	bool changed;
	int r;

	if ((r = choose(job, &t, err)) < 0)
		return r;
	left = xcalloc(t.n, sizeof(const struct block *));
	resumed = take_up(job, &t, left, &n_left);
	r = wipe_fleet_run(job, left, n_left, fresh, err);
	if (r < 0) {
		for (i = 0; i < t.n; i++)
			json_decref(resumed[i]);
		return r;
	}
	job->facts.wiped = join(&t, resumed, fresh);
	add_revealed(job, job->facts.wiped);
	job->facts.untouched = json_incref(t.untouched);
	if ((r = judge(&t, job->facts.wiped, err)) < 0 ||
	    (r = wipe_single(job, t.drives, t.n, &changed, err)) < 0)
		return r;
	if (changed)
		return STEP_NEEDS_RESET;
	for (i = 0; i < job->facts.n_roots; i++)
		job->facts.roots[i].reads_zero = reads_zero(&t, job->facts.roots[i].block, job->facts.wiped);
	return STEP_DONE;
}

static void on_sample(void *data, uint64_t done, uint64_t total)
{
	struct job *job = data;

	job->ops->progress(job, done, total);
}

/*
 * Everything has been read back already; what remains to be found at the end is a drive that has been written to since, or
 * that gave from its cache what its medium does not hold. The root disks hold the image by now, which is read back by the
 * step that wrote it.
 */
static int verify_drive(struct job *job, const struct block *block, struct err *err)
{
	struct sweep sweep = {.medium = {.size = block->size, .block = block->logical_block_size},
			      .progress = on_sample,
			      .data = job};
	_cleanup_close_ int fd = -EBADF;
	struct sweep_seen seen;
	int r;

	if ((r = block_open(block, false, &fd, err)) < 0)
		return r;
	sweep.medium.fd = fd;
	if ((r = sweep_sample(&sweep, SWEEP_ZEROS, &seen, err)) < 0)
		return r;
	if (!seen.as_expected)
		return err_set(err, EIO, "was proven to read zero and does not any more at byte %" PRIu64,
			       seen.differs_at);
	return 0;
}

static int wipe_verify(struct job *job, struct err *err)
{
	_cleanup_(wipe_targets_clear) struct wipe_targets t = {0};
	int r;

	if ((r = choose(job, &t, err)) < 0 || (r = judge(&t, job->facts.wiped, err)) < 0)
		return r;
	for (unsigned i = 0; i < t.n; i++) {
		if (roots_have(&job->facts, t.drives[i]))
			continue;
		if (job->ops->cancelled(job))
			return err_set(err, ECANCELED, "cancelled");
		if (verify_drive(job, t.drives[i], err) < 0)
			return err_prepend(err, "drive %s", t.drives[i]->name);
	}
	return 0;
}

const struct step step_wipe = {
	.name = "wipe",
	.effect = STEP_DESTROYS,
	.check = wipe_check,
	.run = wipe_run,
	.verify = wipe_verify,
};
