/* SPDX-License-Identifier: Apache-2.0 */
/* Phase after phase, row after row; the first failure ends it. */
#include "agent/run.h"

#include <string.h>

#include "agent/run_record.h"
#include "core/io.h"
#include "core/log.h"

/* Why a walk through the rows ended before its end. */
enum run_end { END_NONE, END_FAILED, END_RESET, END_POWER_CYCLE, END_LEFT };

struct run {
	struct job *job;
	const struct run_options *options;
	struct run_record record;
	enum run_end end;
	const struct run_row *failed;    /* END_FAILED */
	const struct run_row *destroyed; /* the newest row that may have changed a disk; NULL: none yet */
	struct err err;                  /* END_FAILED: why */
};

static struct run *run_of(struct job *job)
{
	return job->data;
}

static void alive(const struct run *run)
{
	if (run->options->alive)
		run->options->alive(run->options->alive_data);
}

/* ---- the services that steps see ---- */

static bool op_cancelled(struct job *job)
{
	struct run *run = run_of(job);
	alive(run);
	return run->options->station->state(run->options->station_data) != TALK_GOING;
}

static void op_progress(struct job *job, uint64_t done, uint64_t total)
{
	alive(run_of(job));
	run_record_progress(&run_of(job)->record, done, total);
}

static void op_note(struct job *job, const char *text)
{
	alive(run_of(job));
	run_record_note(&run_of(job)->record, text);
}

static int op_journal(struct job *job, const struct journal_entry *entry, struct err *err)
{
	const struct run_options *o = run_of(job)->options;
	return o->station->journal(o->station_data, entry, err);
}

static int op_fetch(struct job *job, const char *url, size_t limit, void **ret, size_t *ret_len,
		    struct err *err)
{
	const struct run_options *o = run_of(job)->options;
	return o->station->fetch(o->station_data, url, limit, ret, ret_len, err);
}

static int op_hand_in(struct job *job, const json_t *evidence, char ret_sha256[65], struct err *err)
{
	const struct run_options *o = run_of(job)->options;
	return o->station->evidence(o->station_data, evidence, ret_sha256, err);
}

static const struct job_ops runner_ops = {
	.cancelled = op_cancelled,
	.progress = op_progress,
	.note = op_note,
	.journal = op_journal,
	.fetch = op_fetch,
	.hand_in = op_hand_in,
};

/* ---- rows ---- */

static void end_failed(struct run *run, const struct run_row *row)
{
	run->end = op_cancelled(run->job) ? END_LEFT : END_FAILED;
	run->failed = row;
	if (!run->err.text[0])
		err_sys(&run->err, run->err.code ? run->err.code : EIO, "no reason was given");
}

/* Asks to begin again after a boot; the count lies in the journal, because this machine forgets. */
static void end_reset(struct run *run, const struct run_row *row, bool power_cycle)
{
	struct journal_entry entry = {.step = JOB_RESET, .state = JOURNAL_BEGUN};
	unsigned before = 0;

	for (unsigned i = 0; i < run->job->n_journal; i++)
		before += !strcmp(run->job->journal[i].step, JOB_RESET);
	snprintf(entry.drive, sizeof(entry.drive), "%s%u",
		 power_cycle ? JOURNAL_POWER_CYCLE : "machine:reset-", before + 1);
	snprintf(entry.method, sizeof(entry.method), "%s", row->name);
	if (before >= RUN_RESETS_MAX) {
		err_set(&run->err, ELOOP, "wants another reset after %u of them, which is the bound", before);
		end_failed(run, row);
	} else if (op_journal(run->job, &entry, &run->err)) {
		end_failed(run, row);
	} else {
		run->end = power_cycle ? END_POWER_CYCLE : END_RESET;
	}
}

static void run_row(struct run *run, const struct run_row *row)
{
	run_record_begin(&run->record, row, row->phase);
	if (row->step->effect == STEP_DESTROYS)
		run->destroyed = row;
	int r = row->step->run(run->job, &run->err);
	if (r == STEP_NEEDS_POWER_CYCLE && !run->job->power_cycle)
		r = err_set(
			&run->err, EIO,
			"needs a power cycle, which this machine cannot give itself, nor the station without "
			"its BMC");
	if (r == STEP_NEEDS_RESET || r == STEP_NEEDS_POWER_CYCLE)
		end_reset(run, row, r == STEP_NEEDS_POWER_CYCLE);
	else if (r < 0)
		end_failed(run, row);
	run_record_end(&run->record, run->job, true,
		       run->end == END_FAILED || run->end == END_LEFT ? "failed"
		       : r == STEP_NEEDS_RESET                        ? "reset"
		       : r == STEP_NEEDS_POWER_CYCLE                  ? "power cycle"
		       : r == STEP_SKIPPED                            ? "skipped"
								      : "done",
		       run->end == END_FAILED || run->end == END_LEFT ? run->err.text : NULL);
}

/* Rows that work on an image, in an order that has none. */
static bool is_left_out(const struct run *run, const struct run_row *row)
{
	return row->needs_image && run->job->order && !order_has_image(run->job->order);
}

static void leave_out(struct run *run, const struct run_row *row)
{
	run_record_begin(&run->record, row, row->phase);
	run_record_end(&run->record, run->job, true, "skipped", NULL);
}

/* A row's check or verify. */
static void ask_row(struct run *run, const struct run_row *row, enum run_phase phase,
		    int (*ask)(struct job *job, struct err *err))
{
	if (!ask || is_left_out(run, row))
		return;
	run_record_begin(&run->record, row, phase);
	int r = ask(run->job, &run->err);
	if (r)
		end_failed(run, row);
	run_record_end(&run->record, run->job, phase != PHASE_CHECK, r ? "failed" : "done",
		       r ? run->err.text : NULL);
}

/* May the next row begin? Asked of the station itself before what cannot be undone by holding. */
static bool go_on(struct run *run, enum run_phase phase)
{
	const struct run_options *o = run->options;
	struct err err = {0};
	if (run->end != END_NONE)
		return false;
	if (phase == PHASE_COMMIT && o->station->flush(o->station_data, &err))
		run->end = END_LEFT;
	else if (op_cancelled(run->job))
		run->end = END_LEFT;
	return run->end == END_NONE;
}

static void run_rows(struct run *run, enum run_phase phase)
{
	for (size_t i = 0; i < run->options->n_rows; i++) {
		const struct run_row *row = &run->options->rows[i];
		if (row->phase != phase)
			continue;
		if (run->end == END_NONE && is_left_out(run, row)) {
			leave_out(run, row);
			continue;
		}
		if (!go_on(run, phase))
			return;
		run_row(run, row);
		if (run->end == END_NONE && phase >= PHASE_COMMIT)
			ask_row(run, row, phase, row->step->verify);
	}
}

static void check_rows(struct run *run)
{
	for (size_t i = 0; i < run->options->n_rows && go_on(run, PHASE_CHECK); i++)
		ask_row(run, &run->options->rows[i], PHASE_CHECK, run->options->rows[i].step->check);
}

/* What came before the evidence is read back now, when all of it is in place. */
static void verify_rows(struct run *run)
{
	for (size_t i = 0; i < run->options->n_rows && go_on(run, PHASE_PROVE); i++)
		if (run->options->rows[i].phase < PHASE_PROVE)
			ask_row(run, &run->options->rows[i], PHASE_PROVE, run->options->rows[i].step->verify);
}

static void walk(struct run *run)
{
	run_rows(run, PHASE_PREPARE);
	run_rows(run, PHASE_CHECK);
	check_rows(run);
	run_rows(run, PHASE_DESTROY);
	run_rows(run, PHASE_CONFIGURE);
	verify_rows(run);
	run_rows(run, PHASE_PROVE);
	run_rows(run, PHASE_COMMIT);
	run_rows(run, PHASE_HAND_OVER);
}

/* ---- ways out ---- */

static void send_log(struct run *run)
{
	const struct run_options *o = run->options;
	struct err err = {0};
	size_t len = 0;
	_cleanup_free_ char *text = log_ring_copy(&len);
	if (text && o->station->log(o->station_data, text, len, &err))
		log_warn("%s", err.text);
}

/* The station has ended a cancelled order itself, and is told that the machine needs another one before it is of use. */
static enum run_outcome leave(struct run *run)
{
	const struct run_options *o = run->options;
	struct err err = {0};
	if (run->destroyed && o->station->state(o->station_data) == TALK_CANCELLED &&
	    o->station->outcome(o->station_data, "held", run->destroyed->name,
				"the order was cancelled after disks had been changed", &err))
		log_warn("%s", err.text);
	return RUN_LEFT;
}

/* An outcome that the station does not take means that another boot has the machine. */
static enum run_outcome end_order(struct run *run)
{
	const struct run_options *o = run->options;
	bool held = run->end == END_FAILED;
	bool has_image = order_has_image(run->job->order);
	const char *outcome = held ? "held" : has_image ? "handed-over" : "erased";
	struct err err = {0};
	if (!o->station->outcome(o->station_data, outcome, held ? run->failed->name : NULL,
				 held ? run->err.text : NULL, &err))
		return held ? RUN_HELD : has_image ? RUN_HANDED_OVER : RUN_ERASED;
	log_error("%s", err.text);
	return held ? RUN_HELD : RUN_LEFT;
}

/* What has become known of the machine since; an order does not fail for it. */
static void send_inventory_again(struct run *run)
{
	const struct run_options *o = run->options;
	struct err err = {0};

	if (!run->job->facts.inventory_newer)
		return;
	if (o->station->inventory(o->station_data, run->job->facts.inventory, &err))
		log_warn("%s", err.text);
}

static enum run_outcome report(struct run *run)
{
	const struct run_options *o = run->options;
	struct err err = {0};

	if (o->station->flush(o->station_data, &err))
		log_warn("%s", err.text);
	send_inventory_again(run);
	send_log(run);
	if (run->end == END_RESET)
		return RUN_RESET;
	if (run->end == END_POWER_CYCLE)
		return RUN_POWER_CYCLE;
	return run->end == END_LEFT ? leave(run) : end_order(run);
}

static void observe(struct run *run)
{
	const struct run_options *o = run->options;
	run_rows(run, PHASE_OBSERVE);
	if (run->end != END_NONE || !run->job->facts.inventory)
		return;
	if (o->station->inventory(o->station_data, run->job->facts.inventory, &run->err))
		end_failed(run, &o->rows[0]);
}

/* A machine without order has no order to report about: what fails is in its log. */
static enum run_outcome leave_idle(struct run *run)
{
	if (run->end == END_FAILED)
		log_error("%s: %s", run->failed->name, run->err.text);
	return run->end == END_LEFT ? RUN_LEFT : RUN_IDLE;
}

enum run_outcome run_order(struct job *job, const struct run_options *options)
{
	struct run run = {.job = job, .options = options};
	enum run_outcome outcome;

	job->ops = &runner_ops;
	job->data = &run;
	job->steps = json_array();
	run_record_init(&run.record, options);
	observe(&run);
	if (job->order) {
		if (run.end == END_NONE)
			walk(&run);
		if (run.end != END_NONE && options->let_go)
			options->let_go(job);
		outcome = report(&run);
	} else {
		outcome = leave_idle(&run);
	}
	run_record_clear(&run.record);
	job->data = NULL;
	return outcome;
}
