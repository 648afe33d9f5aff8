/* SPDX-License-Identifier: Apache-2.0 */
/* Method after method until each unit is proven. */
#include "agent/wipe/drive.h"

#include <string.h>
#include <time.h>

#include "agent/wipe/attempt.h"
#include "agent/wipe/plan.h"
#include "core/io.h"

int wipe_drive_new(unsigned n, const struct wipe_policy *policy, struct wipe_drive **ret, struct err *err)
{
	_cleanup_(wipe_drive_freep) struct wipe_drive *d = xcalloc(1, sizeof(*d));

	d->units = xcalloc(n ? n : 1, sizeof(*d->units));
	d->n = n;
	d->policy = policy;
	for (unsigned i = 0; i < SWEEP_THREADS; i++)
		if (stream_new(&d->streams[i], err) < 0)
			return -err->code;
	*ret = TAKE_PTR(d);
	return 0;
}

void wipe_drive_free(struct wipe_drive *drive)
{
	if (!drive)
		return;
	for (unsigned i = 0; i < SWEEP_THREADS; i++)
		stream_free(drive->streams[i]);
	free(drive->units);
	free(drive);
}

/* ---- the drive's process ---- */

struct session {
	struct wipe_drive *drive;
	const struct wipe_hooks *hooks;
	struct wipe_work *work;    /* one a unit */
	struct wipe_work **chosen; /* place for all */
	struct err journal;        /* the journal did not answer: nothing more may be begun */
};

/* A unit that cannot be opened fails by itself; its caps are none. */
static void open_unit(struct session *s, unsigned i)
{
	struct wipe_work *w = &s->work[i];
	const struct block *block = s->drive->units[i].block;

	*w = (struct wipe_work){.unit = &s->drive->units[i], .index = i, .fd = -EBADF};
	if (block_open(block, true, &w->fd, &w->err) == 0) {
		w->medium =
			(struct medium){.fd = w->fd, .size = block->size, .block = block->logical_block_size};
		wipe_caps_read(w->fd, block, &w->caps);
	}
	w->result = wipe_result_new(w, s->drive->policy);
	if (w->err.code)
		json_object_set_new(w->result, "reason", json_string(w->err.text));
	else
		wipe_result_health(w, "before");
}

static void close_unit(struct wipe_work *w)
{
	if (w->fd >= 0)
		wipe_result_health(w, "after");
	wipe_work_reset(w);
	close_fdp(&w->fd);
}

/* Those that a method is for: all that could be opened, or those of them that are not proven yet. */
static unsigned choose(struct session *s, bool all)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->drive->n; i++)
		if (s->work[i].fd >= 0 && (all || !s->work[i].proven))
			s->chosen[n++] = &s->work[i];
	return n;
}

static bool is_done(struct session *s)
{
	return choose(s, false) == 0 || s->journal.code;
}

/*
 * A sanitize that a drive could only run without markers has made it fit for one with markers, and that one is the proof. A revert cannot be
 * repeated: it is what the drive asserts.
 */
static bool must_be_repeated(struct wipe_work *w, enum wipe_method method)
{
	if (w->err.code || !w->proof.unmarked.code || !wipe_methods[method].goes_on)
		return false;
	err_set(&w->err, EAGAIN, "done, but without markers (%.300s): it is done again",
		w->proof.unmarked.text);
	return true;
}

/* True: once more, with markers. */
static bool attempt(struct session *s, enum wipe_method method, bool resumed)
{
	struct wipe_attempt a = {
		.drive = s->drive,
		.hooks = s->hooks,
		.method = method,
		.resumed = resumed,
		.work = s->chosen,
		.n = choose(s, wipe_methods[method].whole_subsystem),
	};
	time_t begun = time(NULL), ended;
	bool again = false;

	if (wipe_attempt_run(&a, &s->journal) < 0)
		for (unsigned i = 0; i < a.n; i++)
			s->chosen[i]->err = s->journal;
	ended = time(NULL);
	for (unsigned i = 0; i < a.n; i++) {
		struct wipe_work *w = s->chosen[i];

		again |= must_be_repeated(w, method);
		w->proven = !w->err.code;
		wipe_result_attempt(w, method, begun, ended);
	}
	return again;
}

/*
 * What an earlier boot had under way when its power was cut, where the drive goes on by itself. Its markers are known from the journal; it
 * is taken up when every unit was marked for it. When that ends without proof, all begins anew.
 */
static void take_up(struct session *s)
{
	const struct wipe_unit *first = &s->drive->units[0];

	if (s->drive->n == 0 || !first->marked || !wipe_methods[first->marked_method].goes_on)
		return;
	for (unsigned i = 0; i < s->drive->n; i++)
		if (!s->drive->units[i].marked || s->drive->units[i].marked_method != first->marked_method ||
		    s->work[i].fd < 0)
			return;
	(void)attempt(s, first->marked_method, true);
}

/* The units of a subsystem have their controller's abilities and one policy: one plan serves all. */
static bool make_plan(struct session *s, struct wipe_plan *plan)
{
	const struct wipe_work *first;
	struct wipe_subject subject = {.policy = s->drive->policy};
	json_t *json;

	subject.n_meant = choose(s, true);
	if (subject.n_meant == 0)
		return false;
	first = s->chosen[0];
	subject.block = first->unit->block;
	subject.caps = &first->caps;
	subject.has_psid = first->unit->psid;
	subject.has_sid = first->unit->sid;
	wipe_plan_make(&subject, plan);
	json = wipe_plan_to_json(plan);
	for (unsigned i = 0; i < subject.n_meant; i++)
		wipe_result_plan(s->chosen[i], json);
	json_decref(json);
	return true;
}

/* No method of the demanded level: nothing was touched, and the reason is the plan's. */
static void refuse(struct session *s, const struct wipe_plan *plan)
{
	char why[960];

	wipe_plan_why_none(plan, s->drive->policy, why, sizeof(why));
	for (unsigned i = 0, n = choose(s, false); i < n; i++)
		json_object_set_new(s->chosen[i]->result, "reason", json_string(why));
}

static bool is_planned(const struct wipe_plan *plan, enum wipe_method method)
{
	for (unsigned i = 0; i < plan->n; i++)
		if (plan->choices[i].method == method)
			return true;
	return false;
}

static void work_through(struct session *s)
{
	struct wipe_plan plan;

	if (!make_plan(s, &plan))
		return;
	if (plan.n == 0) {
		refuse(s, &plan);
		return;
	}
	if (is_planned(&plan, s->drive->units[0].marked_method))
		take_up(s);
	for (unsigned i = 0; i < plan.n && !is_done(s); i++)
		if (attempt(s, plan.choices[i].method, false) && !is_done(s))
			(void)attempt(s, plan.choices[i].method, false);
}

json_t *wipe_drive_run(struct wipe_drive *drive, const struct wipe_hooks *hooks)
{
	_cleanup_free_ struct wipe_work *work = xcalloc(drive->n ? drive->n : 1, sizeof(*work));
	_cleanup_free_ struct wipe_work **chosen =
		xcalloc(drive->n ? drive->n : 1, sizeof(struct wipe_work *));
	struct session s = {.drive = drive, .hooks = hooks, .work = work, .chosen = chosen};
	json_t *results = json_array();
	unsigned i;

	for (i = 0; i < drive->n; i++) {
		hooks->progress(hooks->data, 0, drive->units[i].block->size, WIPE_PATIENCE_S);
		open_unit(&s, i);
	}
	work_through(&s);
	for (i = 0; i < drive->n; i++) {
		hooks->progress(hooks->data, 0, drive->units[i].block->size, WIPE_PATIENCE_S);
		close_unit(&work[i]);
		json_array_append_new(results, work[i].result);
	}
	return results;
}
