/* rooms: tests/fakes agent/steps agent/wipe agent/pipeline images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The step, with drives that are honest, lie, fail and die. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "images/zeros.h"
#include "protocol/claim.h"
#include "protocol/evidence_drive.h"
#include "tests/fakes/drive.h"
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

/* A drive full of secrets; what is not given is that of an NVMe drive with Format. */
static void add(struct fake_drive d)
{
	struct block *b = &d.block;
	int fd;

	snprintf(b->path, sizeof(b->path), "/tmp/remint-wipe-XXXXXX");
	fd = mkstemp(b->path);
	assert_true(fd >= 0 && ftruncate(fd, SIZE) == 0);
	close(fd);
	fill_with_secrets(b->path);
	snprintf(b->dev, sizeof(b->dev), "d%u", n_disks);
	snprintf(b->serial, sizeof(b->serial), "S%u", n_disks);
	snprintf(b->name, sizeof(b->name), "serial:S%u", n_disks);
	b->size = SIZE;
	b->logical_block_size = 512;
	fake_drive_add(&d);
	disks = realloc(disks, (n_disks + 1) * sizeof(*disks));
	disks[n_disks++] = *b;
	sj.job.facts.disks = disks;
	sj.job.facts.n_disks = n_disks;
	sj.job.facts.n_roots = 1;
	sj.job.facts.roots[0].block = &disks[0];
}

static struct fake_drive nvme(enum fake_erase format)
{
	return (struct fake_drive){.block.transport = BLOCK_NVME,
				   .format = format,
				   .caps = {.oacs = 2, .fna = 4, .n_active = 1}};
}

static struct fake_drive plain(void)
{
	return (struct fake_drive){.block.transport = BLOCK_ATA};
}

static int set_up(void **state)
{
	(void)state;
	step_job_init(&sj);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (unsigned i = 0; i < n_disks; i++)
		unlink(disks[i].path);
	step_job_clear(&sj); /* frees disks */
	disks = NULL;
	n_disks = 0;
	fake_drives_clear();
	return 0;
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
	assert_int_equal(step_wipe.check(&sj.job, err), 0);
	return step_wipe.run(&sj.job, err);
}

static void test_honest_drives(void **state)
{
	struct fake_drive discards = plain();
	struct err err;

	(void)state;
	discards.block.discard_granularity = discards.block.discard_max = 512;
	discards.discard = ERASE_NOTHING; /* as real ones may: zeros are written all the same */
	add(nvme(ERASE_ZEROES));
	add(plain());
	add(discards);
	assert_int_equal(run(&err), STEP_DONE);
	assert_string_equal(text(0, "method"), "nvme-format-ses2");
	assert_string_equal(text(0, "level"), "purge");
	assert_string_equal(text(1, "method"), "overwrite-zero");
	assert_string_equal(text(1, "level"), "clear");
	assert_string_equal(text(2, "method"), "discard-and-zero");
	for (unsigned i = 0; i < 3; i++) {
		assert_string_equal(text(i, "outcome"), "proven");
		assert_int_equal(json_integer_value(proof(i, "bytes_read")), SIZE);
		assert_true(json_integer_value(proof(i, "markers_written")) >= 67);
		assert_true(reads_zero(disks[i].path));
		assert_int_equal(evidence_drive_check(json_array_get(sj.job.facts.wiped, i), i, &err), 0);
		assert_int_equal(claim_for_drive(json_array_get(sj.job.facts.wiped, i)), CLAIM_READ_BACK);
	}
	assert_true(sj.job.facts.roots[0].reads_zero);
	assert_int_equal(sj.n_entries, 6); /* begun and proven, for each */
	assert_true(sj.total > 0 && sj.done == sj.total);
	assert_int_equal(step_wipe.verify(&sj.job, &err), 0);
}

/* The journal must know before anything is changed: looked at in the moment of journalling. */
static void nothing_changed_yet(struct step_job *s, const struct journal_entry *entry)
{
	_cleanup_close_ int fd = open(s->job.facts.disks[0].path, O_RDONLY);
	char seen[sizeof(secret)];
	struct err err = {0};

	if (entry->state != JOURNAL_BEGUN)
		return;
	assert_int_equal(strlen(entry->marker_key), 64);
	assert_int_equal(pread_full(fd, seen, sizeof(seen), 0, &err), 0);
	assert_memory_equal(seen, secret, sizeof(secret));
}

static void test_the_journal_comes_first(void **state)
{
	struct err err;

	(void)state;
	add(plain());
	sj.on_journal = nothing_changed_yet;
	assert_int_equal(run(&err), STEP_DONE);
	assert_int_equal(sj.n_entries, 2);
	assert_int_equal(sj.entries[1].state, JOURNAL_PROVEN);
	assert_non_null(sj.entries[1].proof);
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
	nothing_changed_yet(&sj, &(struct journal_entry){.state = JOURNAL_FAILED});
	assert_false(reads_zero(disks[0].path));
}

static void test_a_lying_format_is_found_out(void **state)
{
	const enum fake_erase lies[] = {ERASE_NOTHING, ERASE_HALF, ERASE_FAILS};
	const json_t *attempts;
	struct err err;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		add(nvme(lies[i]));
	}
	assert_int_equal(run(&err), STEP_DONE);
	for (unsigned i = 0; i < 3; i++) {
		assert_string_equal(text(i, "method"),
				    "overwrite-zero"); /* the fall-back is what is claimed */
		assert_string_equal(text(i, "level"), "clear");
		attempts = json_object_get(json_array_get(sj.job.facts.wiped, i), "attempts");
		assert_int_equal(json_array_size(attempts), 3);
		assert_non_null(
			strstr(json_string_value(json_object_get(json_array_get(attempts, 0), "error")),
			       i < 2 ? "markers are still there" : "aborts"));
		assert_true(reads_zero(disks[i].path));
	}
	assert_int_equal(fake_drive_formats(), 6); /* SES 2, then SES 1, each */
	assert_int_equal(fake_drive_last_ses(), 1);
}

static void test_random_after_crypto_erase_is_overwritten(void **state)
{
	struct err err;

	(void)state;
	add(nvme(ERASE_RANDOM));
	assert_int_equal(run(&err), STEP_DONE);
	assert_string_equal(text(0, "method"), "nvme-format-ses2");
	assert_true(json_is_true(proof(0, "overwritten_after")));
	assert_string_equal(json_string_value(proof(0, "reads")), "zero");
	assert_true(reads_zero(disks[0].path));
}

static void test_one_failing_drive_hides_no_other(void **state)
{
	struct fake_drive stuck = plain(), dies = nvme(ERASE_KILLS);
	struct err err;

	(void)state;
	stuck.writes_fail = true;
	add(plain());
	add(stuck);
	add(dies);
	err = (struct err){0};
	assert_int_equal(step_wipe.run(&sj.job, &err), -EIO);
	assert_non_null(strstr(err.text, "2 of 3 drives"));
	assert_non_null(strstr(err.text, "serial:S1"));
	assert_string_equal(text(0, "outcome"), "proven");
	assert_string_equal(text(1, "outcome"), "failed");
	assert_non_null(strstr(text(1, "reason"), "overwrite-zero"));
	assert_string_equal(text(2, "outcome"), "failed");
	for (unsigned i = 0; i < 3; i++) {
		const json_t *drive = json_array_get(sj.job.facts.wiped, i);
		struct err bad = {0};

		assert_int_equal(evidence_drive_check(drive, i, &bad), 0);
		assert_int_equal(claim_for_drive(drive), i == 0 ? CLAIM_READ_BACK : CLAIM_NOT_ERASED);
	}
	assert_non_null(strstr(text(2, "reason"), "signal 9"));
	assert_false(sj.job.facts.roots[0].reads_zero);
	assert_true(reads_zero(disks[0].path));
}

static void test_a_drive_in_use_fails_the_check(void **state)
{
	struct fake_drive busy = plain();
	struct err err = {0};

	(void)state;
	busy.cannot_open = true;
	add(plain());
	add(busy);
	assert_int_equal(step_wipe.check(&sj.job, &err), -EBUSY);
	assert_non_null(strstr(err.text, "serial:S1"));
	assert_false(reads_zero(disks[0].path));
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
	add(nvme(ERASE_HANGS));
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
		T(test_the_journal_comes_first),
		T(test_without_the_journal_nothing_begins),
		T(test_a_lying_format_is_found_out),
		T(test_random_after_crypto_erase_is_overwritten),
		T(test_one_failing_drive_hides_no_other),
		T(test_a_drive_in_use_fails_the_check),
		T(test_proven_before_a_power_cut_stays_proven),
		T(test_two_root_disks),
		T(test_a_write_after_the_wipe_is_found),
		T(test_cancel),
		T(test_a_hanging_drive_does_not_hold_the_agent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
