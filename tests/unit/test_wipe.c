/* rooms: agent/steps agent/wipe agent/pipeline agent/hw images protocol core tests/fakes */
/* SPDX-License-Identifier: Apache-2.0 */
/* The step, with modelled drives that are honest, lie, fail, hang and die. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "core/io.h"
#include "core/json.h"
#include "images/zeros.h"
#include "protocol/claim.h"
#include "protocol/evidence/drive.h"
#include "tests/fakes/scsi_model.h"
#include "tests/fakes/step_job.h"

enum { SIZE = (5 << 20) + 1536 };

static struct step_job sj;
static struct block *disks;
static unsigned n_disks;
static const char secret[] = "the former tenant's secret";

static void fill_with_secrets(const char *path)
{
	_cleanup_free_ uint8_t *buf = malloc(SIZE);
	struct err err = {0};
	int fd = open(path, O_RDWR);

	for (size_t i = 0; i < SIZE; i++)
		buf[i] = (uint8_t)secret[i % sizeof(secret)];
	assert_true(fd >= 0);
	assert_int_equal(pwrite_full(fd, buf, SIZE, 0, &err), 0);
	close(fd);
}

static bool reads_zero(const char *path)
{
	_cleanup_free_ uint8_t *buf = malloc(SIZE);
	_cleanup_close_ int fd = open(path, O_RDONLY);
	struct err err = {0};

	assert_int_equal(pread_full(fd, buf, SIZE, 0, &err), 0);
	return zeros_only(buf, SIZE);
}

/* The next of the machine's disks. */
static struct model *models[16];

static void add(struct model *model)
{
	models[n_disks] = model;
	disks = realloc(disks, (n_disks + 1) * sizeof(*disks));
	disks[n_disks++] = model->block;
	sj.job.facts.disks = disks;
	sj.job.facts.n_disks = n_disks;
	sj.job.facts.n_roots = 1;
	sj.job.facts.roots[0].block = &disks[0];
}

static const char *next_name(void)
{
	static char name[8];

	snprintf(name, sizeof(name), "S%u", n_disks);
	return name;
}

/* A drive that takes no commands. */
static struct model *plain(void)
{
	static const struct model_kind kind;

	return model_new(&kind, next_name(), SIZE, 512, 0);
}

/* One with SANITIZE by block erase alone. */
static struct model *scsi(enum model_truth truth)
{
	struct model *m = scsi_model_new(next_name(), SIZE, 512);
	struct scsi_model *s = scsi_model(m);

	s->crypto = s->overwrite = false;
	s->truth = truth;
	return m;
}

static int die(struct model *model, struct sg_io_hdr *io)
{
	(void)model, (void)io;
	raise(SIGKILL);
	return 0;
}

static _Noreturn int hang(struct model *model, struct sg_io_hdr *io)
{
	(void)model, (void)io;
	for (;;)
		pause();
}

static struct model *scsi_that(int (*does)(struct model *, struct sg_io_hdr *))
{
	static struct model_kind kinds[2];
	struct model_kind *kind = &kinds[does == hang];
	struct model *m;

	*kind = (struct model_kind){.scsi = does};
	m = model_new(kind, next_name(), SIZE, 512, 0);
	m->block.transport = BLOCK_SCSI;
	return m;
}

static int set_up(void **state)
{
	(void)state;
	step_job_init(&sj);
	sj.order.wipe.clear_allowed = true;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	step_job_clear(&sj); /* frees disks */
	disks = NULL;
	n_disks = 0;
	models_clear();
	return 0;
}

/* Bytes of the former tenant's that a disk still holds. */
static uint64_t residue(unsigned disk)
{
	return model_residue(models[disk]);
}

static const char *text(unsigned drive, const char *key)
{
	return json_string_value(json_object_get(json_array_get(sj.job.facts.wiped, drive), key));
}

static const json_t *proof(unsigned drive, const char *key)
{
	return json_object_get(json_object_get(json_array_get(sj.job.facts.wiped, drive), "proof"), key);
}

static int run(struct err *err)
{
	*err = (struct err){0};
	return step_wipe.run(&sj.job, err);
}

static void check_evidence(unsigned drive, enum claim claim)
{
	const json_t *evidence = json_array_get(sj.job.facts.wiped, drive);
	struct err err = {0};

	if (evidence_drive_check(evidence, drive, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(claim_for_drive(evidence), claim);
}

static void test_honest_drives(void **state)
{
	struct err err = {0};

	(void)state;
	add(scsi(MODEL_HONEST));
	add(plain());
	assert_int_equal(step_wipe.check(&sj.job, &err), 0);
	assert_int_equal(residue(0), SIZE);
	assert_int_equal(run(&err), STEP_DONE);
	assert_string_equal(text(0, "method"), "scsi-sanitize-block");
	assert_string_equal(text(0, "level"), "purge");
	assert_string_equal(text(1, "method"), "overwrite");
	assert_string_equal(text(1, "level"), "clear");
	assert_int_equal(json_integer_value(json_object_get(proof(1, "stream"), "bytes_written")), SIZE);
	for (unsigned i = 0; i < 2; i++) {
		assert_string_equal(text(i, "outcome"), "proven");
		assert_int_equal(json_integer_value(proof(i, "bytes_read")), SIZE);
		assert_true(json_integer_value(proof(i, "markers_written")) >= 67);
		assert_true(json_integer_value(proof(i, "before_nonzero")) > 1500);
		assert_int_equal(json_integer_value(proof(i, "unchanged")), 0);
		assert_true(reads_zero(disks[i].path));
		check_evidence(i, CLAIM_READ_BACK);
	}
	assert_true(sj.job.facts.roots[0].reads_zero);
	assert_int_equal(sj.n_entries, 6); /* begun, marked and proven, for each */
	assert_true(sj.total > 0 && sj.done == sj.total);
	assert_int_equal(step_wipe.verify(&sj.job, &err), 0);
}

static void test_sampling(void **state)
{
	struct err err;

	(void)state;
	sj.order.wipe.sampled = true;
	add(plain());
	assert_int_equal(run(&err), STEP_DONE);
	assert_string_equal(json_string_value(proof(0, "read_back")), "sampled");
	assert_int_equal(json_integer_value(proof(0, "samples")), 2002);
	assert_true(reads_zero(disks[0].path));
	assert_false(
		sj.job.facts.roots[0].reads_zero); /* not every byte is known to be zero: zeros are written */
	check_evidence(0, CLAIM_READ_BACK);
}

/* Without a method of the level the check ends the order, and if it came to it nothing is touched. */
static void test_no_quiet_weaker_level(void **state)
{
	struct err err = {0};

	(void)state;
	sj.order.wipe.clear_allowed = false;
	add(plain());
	assert_int_equal(step_wipe.check(&sj.job, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "serial:S0"));
	assert_non_null(strstr(err.text, "demands \"purge\""));
	assert_int_equal(run(&err), -EIO);
	assert_string_equal(text(0, "method"), "none");
	assert_int_equal(residue(0), SIZE);
	assert_int_equal(sj.n_entries, 1); /* failed */
	check_evidence(0, CLAIM_NOT_ERASED);
}

/* A drive that lies about its only purging method is held where purging is demanded. */
static void test_a_liar_is_held(void **state)
{
	struct err err = {0};

	(void)state;
	sj.order.wipe.clear_allowed = false;
	add(scsi(MODEL_NOTHING));
	assert_int_equal(step_wipe.check(&sj.job, &err), 0);
	assert_int_equal(run(&err), -EIO);
	assert_non_null(strstr(err.text, "markers are still there"));
	assert_string_equal(text(0, "outcome"), "failed");
	check_evidence(0, CLAIM_NOT_ERASED);
}

/* The journal must know before anything is changed: looked at in the moment of journalling. */
static void nothing_changed_yet(struct step_job *s, const struct journal_entry *entry)
{
	_cleanup_close_ int fd = open(s->job.facts.disks[0].path, O_RDONLY);
	char seen[64];
	struct err err = {0};

	if (entry->state != JOURNAL_BEGUN)
		return;
	assert_int_equal(strlen(entry->marker_key), 64);
	assert_int_equal(pread_full(fd, seen, sizeof(seen), 0, &err), 0);
	assert_memory_equal(seen, "tenant's ledger", 15);
}

static void test_the_journal_comes_first(void **state)
{
	struct err err;

	(void)state;
	add(plain());
	sj.on_journal = nothing_changed_yet;
	assert_int_equal(run(&err), STEP_DONE);
	assert_int_equal(sj.n_entries, 3);
	assert_int_equal(sj.entries[0].state, JOURNAL_BEGUN);
	assert_int_equal(sj.entries[1].state, JOURNAL_MARKED);
	assert_string_equal(sj.entries[0].marker_key, sj.entries[1].marker_key);
	assert_int_equal(sj.entries[2].state, JOURNAL_PROVEN);
	assert_non_null(sj.entries[2].proof);
}

static void test_without_the_journal_nothing_begins(void **state)
{
	struct err err;

	(void)state;
	add(plain());
	sj.journal_fails = true;
	sj.on_journal = nothing_changed_yet;
	assert_int_equal(run(&err), -ESTALE);
	sj.on_journal = NULL;
	assert_int_equal(residue(0), SIZE);
}

static void test_a_lying_drive_is_found_out(void **state)
{
	const enum model_truth lies[] = {MODEL_NOTHING, MODEL_HALF,    MODEL_TAIL,
					 MODEL_HEAD,    MODEL_STRIPES, MODEL_FRESH};
	const json_t *attempts;
	const char *why;
	struct err err;

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		add(scsi(lies[i]));
	assert_int_equal(run(&err), STEP_DONE);
	for (unsigned i = 0; i < 6; i++) {
		assert_string_equal(text(i, "method"), "overwrite"); /* the fall-back is what is claimed */
		assert_string_equal(text(i, "level"), "clear");
		attempts = json_object_get(json_array_get(sj.job.facts.wiped, i), "attempts");
		assert_int_equal(json_array_size(attempts), 2);
		why = json_string_value(json_object_get(json_array_get(attempts, 0), "error"));
		/* one that erases what is fresh has no marker left; its former contents give it away */
		assert_non_null(
			strstr(why, lies[i] == MODEL_FRESH ? "read as before" : "markers are still there"));
		assert_true(reads_zero(disks[i].path));
		check_evidence(i, CLAIM_READ_BACK);
	}
}

/* What a cryptographic erase has done, only the drive can say; that something has changed was read. */
static void test_cryptographic_erase_is_asserted(void **state)
{
	struct model *m = scsi(MODEL_HONEST);
	struct err err;

	(void)state;
	scsi_model(m)->crypto = true;
	scsi_model(m)->block = false;
	add(m);
	assert_int_equal(run(&err), STEP_DONE);
	assert_string_equal(text(0, "method"), "scsi-sanitize-crypto");
	assert_true(json_is_true(proof(0, "overwritten_after")));
	assert_true(json_integer_value(json_object_get(proof(0, "method_reads"), "random_bytes")) > 0);
	assert_string_equal(json_string_value(proof(0, "reads")), "zero");
	assert_true(reads_zero(disks[0].path));
	check_evidence(0, CLAIM_ASSERTED);
}

static void test_one_failing_drive_hides_no_other(void **state)
{
	struct model *gone;
	struct err err;

	(void)state;
	add(plain());
	gone = plain();
	add(gone);
	add(scsi_that(die));
	disks[1].size *= 2; /* is not what it was when the machine was read */
	assert_int_equal(run(&err), -EIO);
	assert_non_null(strstr(err.text, "2 of 3 drives"));
	assert_non_null(strstr(err.text, "serial:S1"));
	assert_string_equal(text(0, "outcome"), "proven");
	assert_string_equal(text(1, "outcome"), "failed");
	assert_non_null(strstr(text(1, "reason"), "size"));
	assert_string_equal(text(2, "outcome"), "failed");
	for (unsigned i = 0; i < 3; i++)
		check_evidence(i, i == 0 ? CLAIM_READ_BACK : CLAIM_NOT_ERASED);
	assert_non_null(strstr(text(2, "reason"), "signal 9"));
	assert_true(reads_zero(disks[0].path));
}

static void test_a_drive_that_is_not_as_it_was_fails_the_check(void **state)
{
	struct err err = {0};

	(void)state;
	add(plain());
	add(plain());
	disks[1].size *= 2;
	assert_int_equal(step_wipe.check(&sj.job, &err), -ESTALE);
	assert_non_null(strstr(err.text, "serial:S1"));
	assert_int_equal(residue(0), SIZE);
}

/* The power was cut while the drive sanitised: it is waited for, not told again, and proven by the markers in the journal. */
static void test_a_running_sanitize_is_taken_up(void **state)
{
	struct journal_entry journal[1] = {0};
	struct model *m = scsi(MODEL_HONEST);
	struct scsi_model *s = scsi_model(m);
	struct err err;

	(void)state;
	sj.order.wipe.clear_allowed = false;
	add(m);
	s->stuck_at = 30000;               /* until the power is cut */
	assert_int_equal(run(&err), -EIO); /* it was given up; the next boot finds it running */
	assert_string_equal(text(0, "outcome"), "failed");
	assert_int_equal(s->n_sanitize, 1);
	s->stuck_at = 0;
	s->begun_ns = model_now_ns(); /* it has its time yet to go */
	model_power_cycle(m);
	for (unsigned i = 0; i < sj.n_entries; i++)
		if (sj.entries[i].state == JOURNAL_MARKED &&
		    !strcmp(sj.entries[i].method, "scsi-sanitize-block"))
			journal[0] = sj.entries[i];
	json_decref(sj.job.facts.wiped);
	json_decref(sj.job.facts.untouched);
	sj.job.facts.wiped = sj.job.facts.untouched = NULL;
	sj.job.journal = journal;
	sj.job.n_journal = 1;
	assert_int_equal(run(&err), STEP_DONE);
	assert_int_equal(s->n_sanitize, 1);
	assert_string_equal(text(0, "method"), "scsi-sanitize-block");
	assert_int_equal(json_integer_value(proof(0, "before_samples")), 0); /* they were in memory */
	assert_true(reads_zero(disks[0].path));
	check_evidence(0, CLAIM_READ_BACK);
}

static void test_proven_before_a_power_cut_stays_proven(void **state)
{
	struct journal_entry journal[4] = {0};
	struct err err;

	(void)state;
	add(plain());
	add(plain());
	assert_int_equal(run(&err), STEP_DONE);
	/* the next boot: drive 0 has a proof, drive 1 had only begun */
	snprintf(journal[0].drive, sizeof(journal[0].drive), "serial:S0");
	snprintf(journal[0].step, sizeof(journal[0].step), "wipe");
	journal[1] = journal[0];
	journal[1].state = JOURNAL_PROVEN;
	journal[1].proof = json_deep_copy(json_array_get(sj.job.facts.wiped, 0));
	journal[2] = journal[0];
	snprintf(journal[2].drive, sizeof(journal[2].drive), "serial:S1");
	json_decref(sj.job.facts.wiped);
	json_decref(sj.job.facts.untouched);
	sj.job.facts.wiped = sj.job.facts.untouched = NULL;
	sj.job.journal = journal;
	sj.job.n_journal = 3;
	fill_with_secrets(disks[0].path); /* stands for the new image, half written */
	fill_with_secrets(disks[1].path);
	assert_int_equal(run(&err), STEP_DONE);
	assert_false(reads_zero(disks[0].path));
	assert_true(reads_zero(disks[1].path));
	assert_true(json_is_true(json_object_get(json_array_get(sj.job.facts.wiped, 0), "resumed")));
	assert_true(json_is_false(json_object_get(json_array_get(sj.job.facts.wiped, 1), "resumed")));
	assert_false(sj.job.facts.roots[0].reads_zero); /* so that zeros are written, not assumed */

	/* a proof of another drive, or that is none, does not count */
	json_object_set_new(journal[1].proof, "serial", json_string("S9"));
	json_decref(sj.job.facts.wiped);
	json_decref(sj.job.facts.untouched);
	sj.job.facts.wiped = sj.job.facts.untouched = NULL;
	assert_int_equal(run(&err), STEP_DONE);
	assert_true(reads_zero(disks[0].path));
	json_decref(journal[1].proof);
}

/* Each root disk by itself: one was proven by an earlier boot, and may hold a part of the image. */
static void test_two_root_disks(void **state)
{
	struct journal_entry journal[1] = {{.drive = "serial:S0", .step = "wipe", .state = JOURNAL_PROVEN}};
	struct err err;

	(void)state;
	add(plain());
	add(plain());
	add(plain());
	sj.job.facts.n_roots = 2;
	sj.job.facts.roots[1].block = &disks[1];
	assert_int_equal(run(&err), STEP_DONE);
	assert_true(sj.job.facts.roots[0].reads_zero && sj.job.facts.roots[1].reads_zero);
	fill_with_secrets(disks[0].path);
	fill_with_secrets(disks[1].path); /* the image's matter, both */
	assert_int_equal(step_wipe.verify(&sj.job, &err), 0);
	journal[0].proof = json_deep_copy(json_array_get(sj.job.facts.wiped, 0));
	json_decref(sj.job.facts.wiped);
	json_decref(sj.job.facts.untouched);
	sj.job.facts.wiped = sj.job.facts.untouched = NULL;
	sj.job.journal = journal;
	sj.job.n_journal = 1;
	assert_int_equal(run(&err), STEP_DONE);
	assert_false(sj.job.facts.roots[0].reads_zero);
	assert_true(sj.job.facts.roots[1].reads_zero);
	json_decref(journal[0].proof);
}

static void test_a_write_after_the_wipe_is_found(void **state)
{
	struct err err;

	(void)state;
	add(plain());
	add(plain());
	assert_int_equal(run(&err), STEP_DONE);
	fill_with_secrets(disks[0].path); /* the root disk: the image's matter */
	assert_int_equal(step_wipe.verify(&sj.job, &err), 0);
	fill_with_secrets(disks[1].path);
	assert_int_equal(step_wipe.verify(&sj.job, &err), -EIO);
	assert_non_null(strstr(err.text, "serial:S1"));
}

static void test_cancel(void **state)
{
	struct err err;

	(void)state;
	add(plain());
	sj.cancel_after = 1;
	assert_int_equal(run(&err), -ECANCELED);
	assert_null(sj.job.facts.wiped);
}

static void cancel_once_proven(struct step_job *s, const struct journal_entry *entry)
{
	if (entry->state == JOURNAL_PROVEN)
		s->cancel_after = 1;
}

/* What hangs is a child, which the parent can leave. */
static void test_a_hanging_drive_does_not_hold_the_agent(void **state)
{
	struct err err;

	(void)state;
	add(scsi_that(hang));
	add(plain());
	sj.on_journal = cancel_once_proven;
	assert_int_equal(run(&err), -ECANCELED);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
	assert_int_equal(errno, ECHILD);
	assert_true(reads_zero(disks[1].path));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_honest_drives),
		T(test_sampling),
		T(test_no_quiet_weaker_level),
		T(test_a_liar_is_held),
		T(test_the_journal_comes_first),
		T(test_without_the_journal_nothing_begins),
		T(test_a_lying_drive_is_found_out),
		T(test_cryptographic_erase_is_asserted),
		T(test_one_failing_drive_hides_no_other),
		T(test_a_drive_that_is_not_as_it_was_fails_the_check),
		T(test_a_running_sanitize_is_taken_up),
		T(test_proven_before_a_power_cut_stays_proven),
		T(test_two_root_disks),
		T(test_a_write_after_the_wipe_is_found),
		T(test_cancel),
		T(test_a_hanging_drive_does_not_hold_the_agent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
