/* rooms: agent agent/steps images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "agent/run.h"
#include "agent/run_record.h"
#include "core/log.h"

/* ---- a station that remembers what it was told ---- */

static struct {
	enum talk_state state;
	char story[4096]; /* what happened, in order: "row.run ", "event:..." */
	unsigned n_progress, n_journal;
	char outcome_step[64], outcome_reason[512];
	char outcome[16];
	bool handed_over, flushed_before_commit;
	enum talk_state state_after_flush;
	char fail[32];           /* "write.run": which turn of which row fails */
	enum step_result resets; /* what write.run returns instead of STEP_DONE */
	bool power_cycle;        /* the station can do one */
	char notes[600];
	char skipped[64]; /* rows that were left out */
	bool newer;       /* seal.run knows more of the machine than was sent */
} station;

static void tell(const char *fmt, ...)
{
	size_t len = strlen(station.story);
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(station.story + len, sizeof(station.story) - len, fmt, ap);
	va_end(ap);
}

static enum talk_state fake_state(void *data)
{
	(void)data;
	return station.state;
}

static void fake_event(void *data, const struct event *event)
{
	(void)data;
	if (event->kind == EVENT_PROGRESS)
		station.n_progress++;
	if (event->kind == EVENT_NOTE)
		snprintf(station.notes, sizeof(station.notes), "%s/%s: %s", event->phase, event->step,
			 event->text);
	if (event->kind == EVENT_STEP_FAILED)
		tell("failed:%s/%s ", event->phase, event->step);
}

static int fake_flush(void *data, struct err *err)
{
	(void)data;
	tell("flush ");
	station.state = station.state_after_flush;
	return station.state == TALK_GOING ? 0 : err_set(err, ECANCELED, "cancelled");
}

static int fake_journal(void *data, const struct journal_entry *entry, struct err *err)
{
	(void)data;
	(void)err;
	station.n_journal++;
	tell("journal:%s/%s/%s ", entry->step, entry->drive, entry->method);
	return 0;
}

static int fake_inventory(void *data, const json_t *inventory, struct err *err)
{
	(void)data;
	(void)err;
	assert_true(json_is_object(inventory));
	tell("inventory ");
	return 0;
}

static int fake_evidence(void *data, const json_t *evidence, char ret[65], struct err *err)
{
	(void)data;
	(void)evidence;
	(void)err;
	memset(ret, 'a', 64);
	ret[64] = '\0';
	return 0;
}

static int fake_log(void *data, const char *text, size_t len, struct err *err)
{
	(void)data;
	(void)err;
	tell("log ");
	assert_int_equal(strlen(text), len);
	return 0;
}

static int fake_outcome(void *data, const char *outcome, const char *step, const char *reason,
			struct err *err)
{
	(void)data;
	(void)err;
	tell("outcome ");
	assert_int_equal(!strcmp(outcome, "held"), reason != NULL);
	snprintf(station.outcome, sizeof(station.outcome), "%s", outcome);
	station.handed_over = !strcmp(outcome, "handed-over");
	snprintf(station.outcome_step, sizeof(station.outcome_step), "%s", step ? step : "");
	snprintf(station.outcome_reason, sizeof(station.outcome_reason), "%s", reason ? reason : "");
	return 0;
}

static const struct run_station fake_station = {
	.state = fake_state,
	.event = fake_event,
	.flush = fake_flush,
	.journal = fake_journal,
	.inventory = fake_inventory,
	.evidence = fake_evidence,
	.log = fake_log,
	.outcome = fake_outcome,
};

/* ---- steps that only say that it was their turn ---- */

static int turn(const char *name, const char *what, struct err *err)
{
	char both[32];
	snprintf(both, sizeof(both), "%s.%s", name, what);
	tell("%s ", both);
	return strcmp(station.fail, both) ? 0 : err_set(err, EIO, "%s went wrong", both);
}

#define STEP_TURNS(who, effect)                                   \
	static int who##_check(struct job *job, struct err *err)  \
	{                                                         \
		(void)job;                                        \
		return turn(#who, "check", err);                  \
	}                                                         \
	static int who##_run(struct job *job, struct err *err)    \
	{                                                         \
		who##_extra(job);                                 \
		return turn(#who, "run", err) ?: who##_result();  \
	}                                                         \
	static int who##_verify(struct job *job, struct err *err) \
	{                                                         \
		(void)job;                                        \
		return turn(#who, "verify", err);                 \
	}                                                         \
	static const struct step a_##who = {#who, effect, who##_check, who##_run, who##_verify}

#define look_extra(job) (job)->facts.inventory = json_object()
#define look_result()   STEP_DONE
STEP_TURNS(look, STEP_READS);

static void write_extra(struct job *job)
{
	for (uint64_t i = 1; i <= 1000; i++)
		job->ops->progress(job, i, 1000);
	job->ops->note(job, "a line");
}
#define write_result() ((int)station.resets)
STEP_TURNS(write, STEP_DESTROYS);

/* Hands in the record: what came before is in it, itself not yet. */
static void prove_extra(struct job *job)
{
	char sha256[65];
	struct err err = {0};
	assert_int_equal(json_array_size(job->steps), 4); /* look.run, write.run, look.verify, write.verify */
	assert_string_equal(json_string_value(json_object_get(json_array_get(job->steps, 1), "name")),
			    "write");
	assert_string_equal(json_string_value(json_object_get(json_array_get(job->steps, 1), "outcome")),
			    "done");
	assert_int_equal(job->ops->hand_in(job, job->steps, sha256, &err), 0);
}
#define prove_result() STEP_DONE
STEP_TURNS(prove, STEP_READS);

/* Something more has become known of the machine by then. */
#define seal_extra(job) (job)->facts.inventory_newer = station.newer
#define seal_result()   STEP_DONE
STEP_TURNS(seal, STEP_DESTROYS);

#define lend_extra(job) (void)(job)
#define lend_result()   STEP_DONE
STEP_TURNS(lend, STEP_READS);

static const struct run_row rows[] = {
	{"look", PHASE_OBSERVE, &a_look},
	{"write", PHASE_DESTROY, &a_write},
	{"prove", PHASE_PROVE, &a_prove},
	{"seal", PHASE_COMMIT, &a_seal, .needs_image = true},
	{"lend", PHASE_HAND_OVER, &a_lend, .needs_image = true},
};

static void remember_skipped(const json_t *steps)
{
	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);
		size_t len = strlen(station.skipped);

		if (!strcmp(json_string_value(json_object_get(step, "outcome")), "skipped"))
			snprintf(station.skipped + len, sizeof(station.skipped) - len, "%s ",
				 json_string_value(json_object_get(step, "name")));
	}
}

static enum run_outcome run_with(const struct order *order, const struct journal_entry *journal,
				 unsigned n_journal)
{
	const struct run_options options = {.rows = rows, .n_rows = 5, .station = &fake_station};
	struct job job = {.order = order,
			  .journal = journal,
			  .n_journal = n_journal,
			  .power_cycle = station.power_cycle};
	enum run_outcome outcome = run_order(&job, &options);
	remember_skipped(job.steps);
	job_facts_clear(&job.facts);
	json_decref(job.steps);
	return outcome;
}

static const struct order an_order = {.id = (char *)"o-1", .manifest_url = (char *)"http://h/m"};
static const struct order an_erasing_order = {.id = (char *)"o-1"};

static int setup(void **state)
{
	(void)state;
	memset(&station, 0, sizeof(station));
	return 0;
}

/* ---- tests ---- */

static void phases_in_order(void **state)
{
	(void)state;
	assert_int_equal(run_with(&an_order, NULL, 0), RUN_HANDED_OVER);
	assert_string_equal(station.story,
			    "look.run inventory "
			    "look.check write.check prove.check seal.check lend.check "
			    "write.run look.verify write.verify prove.run "
			    "flush seal.run seal.verify lend.run lend.verify flush log outcome ");
	assert_true(station.handed_over);
	assert_string_equal(station.notes, "destroy/write: a line");
}

static void an_inventory_that_has_grown_is_sent_again(void **state)
{
	(void)state;
	station.newer = true;
	assert_int_equal(run_with(&an_order, NULL, 0), RUN_HANDED_OVER);
	assert_non_null(strstr(station.story, "lend.verify flush inventory log outcome "));
}

/* Rows of the check's own come before the checks of the others, and can hold the machine as well. */
static void rows_of_the_check_come_first(void **state)
{
	static const struct run_row gated[] = {
		{"look", PHASE_OBSERVE, &a_look},
		{"lend", PHASE_CHECK, &a_lend},
		{"write", PHASE_DESTROY, &a_write},
	};
	const struct run_options options = {.rows = gated, .n_rows = 3, .station = &fake_station};
	struct job job = {.order = &an_erasing_order};

	(void)state;
	assert_int_equal(run_order(&job, &options), RUN_ERASED);
	assert_string_equal(station.story,
			    "look.run inventory lend.run look.check lend.check write.check "
			    "write.run look.verify lend.verify write.verify flush log outcome ");
	job_facts_clear(&job.facts);
	json_decref(job.steps);
	setup(state);
	strcpy(station.fail, "lend.run");
	assert_int_equal(run_order(&job, &options), RUN_HELD);
	assert_string_equal(station.story,
			    "look.run inventory lend.run failed:check/lend flush log outcome ");
	assert_string_equal(station.outcome_step, "lend");
	job_facts_clear(&job.facts);
	json_decref(job.steps);
}

static unsigned let_go;

static void count_let_go(struct job *job)
{
	assert_non_null(job->ops); /* it may still tell something */
	let_go++;
	assert_null(strstr(station.story, "log ")); /* what it tells is in the log that is sent */
}

/* Once where the walk has ended early, whatever ended it; a walk that has come to its end has let go by its rows. */
static void what_is_held_is_let_go_of(void **state)
{
	static const struct run_row one[] = {{"lend", PHASE_CHECK, &a_lend}};
	const struct run_options options = {
		.rows = one, .n_rows = 1, .station = &fake_station, .let_go = count_let_go};
	struct job job = {.order = &an_erasing_order};

	(void)state;
	let_go = 0;
	assert_int_equal(run_order(&job, &options), RUN_ERASED);
	assert_int_equal(let_go, 0);
	json_decref(job.steps);
	setup(state);
	strcpy(station.fail, "lend.run");
	assert_int_equal(run_order(&job, &options), RUN_HELD);
	assert_int_equal(let_go, 1);
	json_decref(job.steps);
}

/* What works on an image is not even asked; the record says that it was left out. */
static void an_order_without_image_only_erases(void **state)
{
	(void)state;
	assert_int_equal(run_with(&an_erasing_order, NULL, 0), RUN_ERASED);
	assert_string_equal(station.story, "look.run inventory look.check write.check prove.check "
					   "write.run look.verify write.verify prove.run flush log outcome ");
	assert_string_equal(station.outcome, "erased");
	assert_string_equal(station.skipped, "seal lend ");
	setup(state);
	strcpy(station.fail, "write.run");
	assert_int_equal(run_with(&an_erasing_order, NULL, 0), RUN_HELD);
	assert_string_equal(station.outcome, "held");
}

static void progress_is_thinned(void **state)
{
	(void)state;
	run_with(&an_order, NULL, 0);
	assert_in_range(station.n_progress, 1, 999);
}

static void every_failure_holds_before_what_follows(void **state)
{
	static const struct {
		const char *fail, *step, *never;
	} cases[] = {
		{"look.run", "look", "write."},         {"seal.check", "seal", "write.run"},
		{"write.check", "write", "write.run"},  {"write.run", "write", "prove.run"},
		{"write.verify", "write", "prove.run"}, {"prove.run", "prove", "seal.run"},
		{"seal.run", "seal", "seal.verify"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char reason[64];
		setup(state);
		strcpy(station.fail, cases[i].fail);
		assert_int_equal(run_with(&an_order, NULL, 0), RUN_HELD);
		assert_null(strstr(station.story, cases[i].never));
		assert_non_null(strstr(station.story, "failed:"));
		assert_non_null(strstr(station.story, "log outcome "));
		assert_false(station.handed_over);
		assert_string_equal(station.outcome_step, cases[i].step);
		snprintf(reason, sizeof(reason), "%s went wrong", cases[i].fail);
		assert_string_equal(station.outcome_reason, reason);
	}
}

static void without_order_only_observes(void **state)
{
	(void)state;
	assert_int_equal(run_with(NULL, NULL, 0), RUN_IDLE);
	assert_string_equal(station.story, "look.run inventory ");
}

static void a_cancelled_order_is_left(void **state)
{
	(void)state;
	station.state = TALK_CANCELLED;
	assert_int_equal(run_with(&an_order, NULL, 0), RUN_LEFT);
	assert_null(strstr(station.story, "run"));
	assert_null(strstr(station.story, "outcome"));
}

static void a_cancel_heard_before_the_commit_prevents_it(void **state)
{
	(void)state;
	station.state_after_flush = TALK_CANCELLED;
	assert_int_equal(run_with(&an_order, NULL, 0), RUN_LEFT);
	assert_non_null(strstr(station.story, "prove.run"));
	assert_null(strstr(station.story, "seal.run"));
	assert_false(station.handed_over); /* disks have been changed: the machine is held */
	assert_string_equal(station.outcome_step, "write");
	assert_non_null(strstr(station.outcome_reason, "cancelled"));
}

static void a_revoked_lease_says_nothing(void **state)
{
	(void)state;
	station.state_after_flush = TALK_REVOKED;
	assert_int_equal(run_with(&an_order, NULL, 0), RUN_LEFT);
	assert_null(strstr(station.story, "seal.run"));
	assert_null(strstr(station.story, "outcome"));
}

static void a_reset_is_counted_in_the_journal(void **state)
{
	struct journal_entry before[RUN_RESETS_MAX + 1] = {0};
	(void)state;
	strcpy(before[0].step, "wipe");
	for (unsigned i = 1; i <= RUN_RESETS_MAX; i++)
		strcpy(before[i].step, "reset");
	station.resets = STEP_NEEDS_RESET;
	assert_int_equal(run_with(&an_order, before, RUN_RESETS_MAX), RUN_RESET);
	assert_non_null(strstr(station.story, "journal:reset/machine:reset-5/write "));
	assert_null(strstr(station.story, "prove.run"));
	assert_null(strstr(station.story, "outcome"));

	setup(state);
	station.resets = STEP_NEEDS_RESET;
	assert_int_equal(run_with(&an_order, before, RUN_RESETS_MAX + 1), RUN_HELD);
	assert_int_equal(station.n_journal, 0);
	assert_string_equal(station.outcome_step, "write");
	assert_non_null(strstr(station.outcome_reason, "reset"));
}

static void a_power_cycle_is_nothing_we_can_do(void **state)
{
	(void)state;
	station.resets = STEP_NEEDS_POWER_CYCLE;
	assert_int_equal(run_with(&an_order, NULL, 0), RUN_HELD);
	assert_non_null(strstr(station.outcome_reason, "power cycle"));
}

static void a_power_cycle_is_asked_of_a_station_that_can(void **state)
{
	(void)state;
	station.resets = STEP_NEEDS_POWER_CYCLE;
	station.power_cycle = true;
	assert_int_equal(run_with(&an_order, NULL, 0), RUN_POWER_CYCLE);
	assert_non_null(strstr(station.story, "journal:reset/machine:power-cycle-1/write "));
	assert_null(strstr(station.story, "prove.run"));
	assert_null(strstr(station.story, "outcome"));
}

static void phases_have_the_protocols_names(void **state)
{
	(void)state;
	assert_string_equal(run_phase_name(PHASE_OBSERVE), "observe");
	assert_string_equal(run_phase_name(PHASE_CHECK), "check");
	assert_string_equal(run_phase_name(PHASE_HAND_OVER), "hand-over");
}

#define T(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(phases_in_order),
		T(an_inventory_that_has_grown_is_sent_again),
		T(rows_of_the_check_come_first),
		T(what_is_held_is_let_go_of),
		T(an_order_without_image_only_erases),
		T(progress_is_thinned),
		T(every_failure_holds_before_what_follows),
		T(without_order_only_observes),
		T(a_cancelled_order_is_left),
		T(a_cancel_heard_before_the_commit_prevents_it),
		T(a_revoked_lease_says_nothing),
		T(a_reset_is_counted_in_the_journal),
		T(a_power_cycle_is_nothing_we_can_do),
		T(a_power_cycle_is_asked_of_a_station_that_can),
		T(phases_have_the_protocols_names),
	};
	log_set_level(LOG_ERROR);
	if (log_ring_enable(4096))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
