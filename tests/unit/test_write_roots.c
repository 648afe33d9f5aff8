/* rooms: tests/fakes agent/steps agent/pipeline images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* What the write asks of the pipeline for several disks, and what it makes of the answer; the pipeline is played by this file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/pipeline/pipeline.h"
#include "agent/steps/gpt.h"
#include "agent/steps/tree/tree.h"
#include "core/io.h"
#include "tests/fakes/drive.h"
#include "tests/fakes/step_job.h"

enum { CHUNK = 64 << 10, SIZE = 4 * CHUNK, DISK = 8 * CHUNK, DISKS = 3 };

static struct step_job sj;
static struct manifest manifest;
static struct index index_of_4 = {
	.size = SIZE, .chunk_size = CHUNK, .n_chunks = 4, .data_chunks = 3, .data_bytes = 300};
static struct fake_drive drives[DISKS];

/* What the pipeline was asked, and what it is to say. */
static struct {
	struct pipeline_job job;
	struct pipeline_source sources[PIPELINE_SOURCES_MAX];
	char urls[PIPELINE_SOURCES_MAX][128];
	struct pipeline_target targets[PIPELINE_TARGETS_MAX];
	unsigned runs, trees, journalled; /* journalled: entries before the first byte */
	int lose, lose_in_reading;        /* target that is lost, or -1 */
	int fails;
	bool bad;
	unsigned reblocked;
} line;

static void keep(const struct pipeline_job *job)
{
	line.job = *job;
	memcpy(line.sources, job->sources, job->n_sources * sizeof(*job->sources));
	for (unsigned i = 0; i < job->n_sources; i++)
		snprintf(line.urls[i], sizeof(line.urls[i]), "%s", job->sources[i].url);
	memcpy(line.targets, job->targets, job->n_targets * sizeof(*job->targets));
}

int pipeline_run(const struct pipeline_job *job, struct pipeline_result *ret, struct err *err)
{
	line.runs++;
	line.journalled = sj.n_entries;
	keep(job);
	if (line.bad) {
		ret->bad[0] = (struct pipeline_bad){.chunk = 17, .source = 1, .why = "SHA-256 mismatch"};
		ret->n_bad = 3;
	}
	if (line.fails)
		return err_set(err, line.fails, "chunk 17 from %s: no", job->sources[1].url);
	ret->first_chunk = block_buffer(CHUNK);
	ret->first_chunk_len = CHUNK;
	memset(ret->first_chunk, 'f', CHUNK);
	for (unsigned i = 0; i < job->n_targets; i++)
		ret->targets[i].written = 2 * CHUNK + i;
	if (line.lose >= 0)
		err_set(&ret->targets[line.lose].lost, EIO, "chunk 2: I/O error");
	return 0;
}

int pipeline_read_back(const struct pipeline_job *job, struct pipeline_result *result, struct err *err)
{
	(void)err;
	keep(job);
	if (line.lose_in_reading >= 0)
		err_set(&result->targets[line.lose_in_reading].lost, EBADMSG, "chunk 3 differs");
	for (unsigned i = 0; i < job->n_targets; i++)
		if (!result->targets[i].lost.code)
			result->targets[i].chunks_read = 3;
	return 0;
}

void pipeline_result_clear(struct pipeline_result *result)
{
	free(result->first_chunk);
	*result = (struct pipeline_result){0};
}

int root_tree_check(struct job *job, struct err *err)
{
	(void)job;
	(void)err;
	return 0;
}

int root_tree_write(struct job *job, struct err *err)
{
	(void)job;
	(void)err;
	line.trees++;
	line.journalled = sj.n_entries;
	return 0;
}

int root_tree_verify(struct job *job, struct err *err)
{
	return root_tree_check(job, err);
}

int gpt_reblock(void **first, uint32_t *len, uint32_t from, uint32_t to, uint64_t disk_size, struct err *err)
{
	assert_int_equal(from, 512);
	assert_int_equal(to, 4096);
	assert_int_equal(disk_size, DISK);
	(void)err;
	memset(*first, 'r', *len);
	line.reblocked++;
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	memset(&line, 0, sizeof(line));
	line.lose = line.lose_in_reading = -1;
	step_job_init(&sj);
	manifest = (struct manifest){.logical_block_size = 512,
				     .size = SIZE,
				     .payload_file = (char *)"payload.zst",
				     .sha256 = {0xab}};
	sj.job.facts.manifest = &manifest;
	sj.job.facts.index = &index_of_4;
	sj.job.facts.payload_url = xstrdup("http://main/d/payload.zst");
	sj.job.facts.n_roots = DISKS;
	for (unsigned i = 0; i < DISKS; i++) {
		drives[i] = (struct fake_drive){.block = {.size = DISK,
							  .logical_block_size = 512,
							  .path = "/tmp/remint-roots-XXXXXX"}};
		snprintf(drives[i].block.name, sizeof(drives[i].block.name), "serial:%u", i);
		int fd = mkstemp(drives[i].block.path);
		assert_true(fd >= 0 && ftruncate(fd, DISK) == 0);
		close(fd);
		fake_drive_add(&drives[i]);
		sj.job.facts.roots[i] = (struct root){.block = &drives[i].block, .size = DISK};
	}
	sj.order.redundancy = ORDER_COPIES;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	sj.job.facts.index = NULL;
	sj.job.facts.manifest = NULL;
	step_job_clear(&sj);
	for (unsigned i = 0; i < DISKS; i++)
		unlink(drives[i].block.path);
	fake_drives_clear();
	return 0;
}

static const json_t *target(unsigned i)
{
	return json_array_get(json_object_get(sj.job.facts.written, "targets"), i);
}

static const char *lost(unsigned i)
{
	return json_string_value(json_object_get(target(i), "lost"));
}

static json_int_t number(unsigned i, const char *key)
{
	return json_integer_value(json_object_get(target(i), key));
}

static void the_order_is_passed_on(void **state)
{
	char *mirrors[] = {(char *)"http://one/x/", (char *)"https://two/"};
	struct err err = {0};
	(void)state;
	sj.order.mirrors = mirrors;
	sj.order.n_mirrors = 2;
	sj.order.verify = ORDER_VERIFY_SAMPLED;
	sj.order.memory = 64 << 20;
	sj.job.facts.roots[1].reads_zero = true;
	drives[2].block.rotational = true;
	assert_int_equal(step_write.run(&sj.job, &err), STEP_DONE);
	assert_int_equal(line.job.n_sources, 3);
	assert_string_equal(line.urls[0], "http://main/d/payload.zst");
	assert_string_equal(line.urls[1], "http://one/x/payload.zst");
	assert_string_equal(line.urls[2], "https://two/payload.zst");
	assert_int_equal(line.job.verify, PIPELINE_VERIFY_SAMPLED);
	assert_int_equal(line.job.memory, 28 << 20);
	assert_false(line.job.go_on_without_lost);
	assert_false(line.job.resume);
	assert_int_equal(line.job.n_targets, 3);
	assert_true(line.targets[1].reads_zero && !line.targets[0].reads_zero);
	assert_true(line.targets[2].rotational && !line.targets[1].rotational);
	assert_string_equal(json_string_value(json_object_get(sj.job.facts.written, "verify")), "sampled");
	sj.order.memory = 48 << 20;
	sj.order.go_on_without_disk = true;
	for (unsigned i = 0; i < DISKS; i++)
		free(sj.job.facts.roots[i].first_chunk);
	json_decref(sj.job.facts.written);
	assert_int_equal(step_write.run(&sj.job, &err), STEP_DONE);
	assert_int_equal(line.job.memory, 20 << 20);
	assert_true(line.job.go_on_without_lost);
}

static void each_disk_has_its_own_beginning(void **state)
{
	struct err err = {0};
	(void)state;
	drives[1].block.logical_block_size = 4096;
	assert_int_equal(step_write.run(&sj.job, &err), STEP_DONE);
	assert_int_equal(line.reblocked, 1);
	for (unsigned i = 0; i < DISKS; i++) {
		const struct root *root = &sj.job.facts.roots[i];

		assert_int_equal(root->first_chunk_len, CHUNK);
		assert_int_equal(((char *)root->first_chunk)[7], i == 1 ? 'r' : 'f');
		assert_int_equal(number(i, "written"), 2 * CHUNK + i);
	}
	assert_int_equal(step_write.verify(&sj.job, &err), 0);
	assert_int_equal(number(2, "chunks_read"), 3);
}

static void a_lost_disk_is_left_behind(void **state)
{
	struct err err = {0};
	(void)state;
	sj.order.go_on_without_disk = true;
	line.lose = 1;
	assert_int_equal(step_write.run(&sj.job, &err), STEP_DONE);
	assert_int_equal(sj.job.facts.roots[1].lost.code, EIO);
	assert_null(sj.job.facts.roots[1].first_chunk);
	assert_non_null(sj.job.facts.roots[2].first_chunk);
	assert_non_null(strstr(lost(1), "chunk 2: I/O error"));
	assert_null(lost(0));
	assert_non_null(strstr(sj.note, "disk serial:1 is lost"));
	line.lose_in_reading = 2;
	assert_int_equal(step_write.verify(&sj.job, &err), 0);
	assert_int_equal(sj.job.facts.roots[2].lost.code, EBADMSG);
	assert_int_equal(line.targets[1].fd, -EBADF); /* it is not even opened again */
	assert_non_null(strstr(lost(2), "chunk 3 differs"));
	assert_int_equal(number(0, "chunks_read"), 3);
}

static void a_disk_that_cannot_be_opened(void **state)
{
	struct err err = {0};
	(void)state;
	fake_drives_clear();
	drives[0].cannot_open = true;
	for (unsigned i = 0; i < DISKS; i++)
		fake_drive_add(&drives[i]);
	assert_true(step_write.run(&sj.job, &err) < 0);
	assert_non_null(strstr(err.text, "serial:0"));
	assert_int_equal(line.runs, 0);
	sj.order.go_on_without_disk = true;
	err = (struct err){0};
	assert_int_equal(step_write.run(&sj.job, &err), STEP_DONE);
	assert_int_equal(line.job.n_targets, 2);
	assert_string_equal(line.targets[0].name, "serial:1");
	assert_non_null(lost(0));
	assert_int_equal(number(0, "written"), 0);
	assert_int_equal(number(1, "written"), 2 * CHUNK); /* target 0 is disk 1 */
	assert_int_equal(step_write.verify(&sj.job, &err), 0);
	assert_int_equal(number(0, "chunks_read"), 0);
	assert_int_equal(number(2, "chunks_read"), 3);
	assert_non_null(lost(0));
}

static void bad_frames_are_told(void **state)
{
	char *mirrors[] = {(char *)"http://liar/"};
	const json_t *bad;
	struct err err = {0};
	(void)state;
	sj.order.mirrors = mirrors;
	sj.order.n_mirrors = 1;
	line.bad = true;
	assert_int_equal(step_write.run(&sj.job, &err), STEP_DONE);
	assert_string_equal(sj.note, "3 frames were not what the index says; the first: chunk 17 from "
				     "http://liar/payload.zst: SHA-256 mismatch");
	assert_int_equal(json_integer_value(json_object_get(sj.job.facts.written, "bad_count")), 3);
	bad = json_array_get(json_object_get(sj.job.facts.written, "bad"), 0);
	assert_int_equal(json_integer_value(json_object_get(bad, "chunk")), 17);
	assert_string_equal(json_string_value(json_object_get(bad, "source")), "http://liar/payload.zst");
	line.fails = EBADMSG;
	assert_int_equal(step_write.run(&sj.job, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "chunk 17 from http://liar/payload.zst"));
}

static void the_journal_comes_first(void **state)
{
	struct err err = {0};
	(void)state;
	assert_int_equal(step_write.run(&sj.job, &err), STEP_DONE);
	assert_int_equal(line.journalled, DISKS);
	assert_string_equal(sj.entries[2].drive, "serial:2");
	assert_string_equal(sj.entries[0].step, "write");
	assert_int_equal(sj.entries[0].state, JOURNAL_BEGUN);
	assert_string_equal(sj.entries[0].method,
			    "sha256:ab00000000000000000000000000000000000000000000000000000000000000");
	sj.journal_fails = true;
	assert_int_equal(step_write.run(&sj.job, &err), -ESTALE);
	assert_int_equal(line.runs, 1);
}

static void a_tree_is_anothers_work(void **state)
{
	struct err err = {0};
	(void)state;
	manifest.kind = IMAGE_ROOT;
	assert_int_equal(step_write.check(&sj.job, &err), 0);
	assert_int_equal(step_write.run(&sj.job, &err), STEP_DONE);
	assert_int_equal(step_write.verify(&sj.job, &err), 0);
	assert_int_equal(line.trees, 1);
	assert_int_equal(line.journalled, DISKS);
	assert_int_equal(line.runs, 0);
}

#define SHA "sha256:ab00000000000000000000000000000000000000000000000000000000000000"

/* drive, step, method, state of the journal's entries, in their order; and whether the write then goes on from what is there */
static const struct {
	struct journal_entry entries[3];
	bool resume;
} journals[] = {
	{{{"serial:1", "write", SHA, "", JOURNAL_BEGUN}}, true},
	{{{"serial:9", "write", SHA, "", JOURNAL_BEGUN}}, false},         /* not a disk of ours */
	{{{"serial:1", "write", "sha256:ac", "", JOURNAL_BEGUN}}, false}, /* another image */
	{{{"serial:1", "write", SHA, "", JOURNAL_FAILED}}, false},
	{{{"serial:1", "wipe", SHA, "", JOURNAL_BEGUN}}, false},
	{{{"serial:1", "wipe", "discard", "", JOURNAL_PROVEN}, {"serial:1", "write", SHA, "", JOURNAL_BEGUN}},
	 true},
	{{{"serial:1", "write", SHA, "", JOURNAL_BEGUN}, {"serial:1", "wipe", "discard", "", JOURNAL_BEGUN}},
	 false}, /* erased since */
	{{{"serial:1", "write", SHA, "", JOURNAL_BEGUN}, {"serial:2", "wipe", "discard", "", JOURNAL_BEGUN}},
	 true},
	{{{"serial:1", "write", SHA, "", JOURNAL_BEGUN}, {"machine:reset-1", "reset", "wipe", "", 0}}, true},
};

static void the_journal_decides_whether_to_resume(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(journals) / sizeof(journals[0]); i++) {
		struct err err = {0};

		sj.job.journal = journals[i].entries;
		for (sj.job.n_journal = 0; sj.job.n_journal < 3; sj.job.n_journal++)
			if (!*journals[i].entries[sj.job.n_journal].drive)
				break;
		assert_int_equal(step_write.run(&sj.job, &err), STEP_DONE);
		if (line.job.resume != journals[i].resume)
			fail_msg("journal %zu", i);
		for (unsigned k = 0; k < DISKS; k++)
			free(sj.job.facts.roots[k].first_chunk);
		json_decref(sj.job.facts.written);
		sj.job.facts.written = NULL;
	}
	for (unsigned k = 0; k < DISKS; k++)
		sj.job.facts.roots[k].first_chunk = NULL;
}

static void what_does_not_fit(void **state)
{
	struct err err = {0};
	(void)state;
	assert_int_equal(step_write.check(&sj.job, &err), 0);
	sj.job.facts.roots[2].size = SIZE - 512;
	assert_int_equal(step_write.check(&sj.job, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "serial:2"));
	sj.job.facts.roots[2].size = DISK;
	drives[1].block.logical_block_size = 3 * 4096;
	assert_int_equal(step_write.check(&sj.job, &err), -EINVAL);
	assert_non_null(strstr(err.text, "serial:1"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_order_is_passed_on),     T(each_disk_has_its_own_beginning),
		T(a_lost_disk_is_left_behind), T(a_disk_that_cannot_be_opened),
		T(bad_frames_are_told),        T(the_journal_comes_first),
		T(a_tree_is_anothers_work),    T(the_journal_decides_whether_to_resume),
		T(what_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
