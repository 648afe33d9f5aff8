/* rooms: tests/fakes agent/steps agent/pipeline efi images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The step around the pipeline: what it opens, what facts it leaves, what it refuses. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/steps/tree/tree.h"
#include "core/io.h"
#include "images/zeros.h"
#include "tests/fakes/drive.h"
#include "tests/fakes/payload.h"
#include "tests/fakes/range_server.h"
#include "tests/fakes/step_job.h"

enum { CHUNK = 64 << 10, SIZE = 6 * CHUNK, DISK = SIZE + CHUNK };

static struct step_job sj;
static struct manifest manifest;
static struct payload payload;
static struct range_server *server;
static struct fake_drive drive;

/* Images of kind root are not asked for here. */
int root_tree_check(struct job *job, struct err *err)
{
	(void)job;
	return err_set(err, ENOSYS, "an image of kind root");
}

int root_tree_write(struct job *job, struct err *err)
{
	return root_tree_check(job, err);
}

int root_tree_verify(struct job *job, struct err *err)
{
	return root_tree_check(job, err);
}

static int set_up(void **state)
{
	uint8_t *plain = calloc(1, SIZE);
	int fd;

	(void)state;
	for (size_t at = 0; at < SIZE; at += 512)
		if (at / CHUNK != 3)
			snprintf((char *)plain + at, 512, "block %zu", at);
	payload_make(&payload, plain, SIZE, CHUNK);
	server = range_server_start(payload.bytes, payload.len, NULL);
	drive = (struct fake_drive){.block = {.size = DISK,
					      .logical_block_size = 512,
					      .rotational = true, /* read back at the end alone */
					      .path = "/tmp/remint-write-XXXXXX",
					      .name = "serial:S0"}};
	fd = mkstemp(drive.block.path);
	assert_true(fd >= 0 && ftruncate(fd, DISK) == 0);
	close(fd);
	fake_drive_add(&drive);
	step_job_init(&sj);
	manifest = (struct manifest){.logical_block_size = 512, .size = SIZE};
	sj.job.facts.manifest = &manifest;
	sj.job.facts.n_roots = 1;
	sj.job.facts.roots[0] = (struct root){.block = &drive.block, .size = DISK, .reads_zero = true};
	sj.job.facts.index = &payload.index;
	sj.job.facts.payload_url = xstrdup(range_server_url(server));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	range_server_stop(server);
	sj.job.facts.index = NULL;
	sj.job.facts.manifest = NULL;
	step_job_clear(&sj);
	payload_clear(&payload);
	unlink(drive.block.path);
	fake_drives_clear();
	return 0;
}

static json_int_t written(const char *key)
{
	return json_integer_value(json_object_get(sj.job.facts.written, key));
}

static json_int_t of_target(const char *key)
{
	const json_t *target = json_array_get(json_object_get(sj.job.facts.written, "targets"), 0);

	assert_string_equal(json_string_value(json_object_get(target, "disk")), "serial:S0");
	assert_true(json_is_null(json_object_get(target, "lost")));
	return json_integer_value(json_object_get(target, key));
}

static void test_step(void **state)
{
	_cleanup_free_ uint8_t *seen = malloc(DISK);
	_cleanup_close_ int fd = open(drive.block.path, O_RDWR);
	struct err err = {0};

	(void)state;
	assert_int_equal(step_write.check(&sj.job, &err), 0);
	assert_int_equal(step_write.run(&sj.job, &err), STEP_DONE);
	assert_int_equal(pread_full(fd, seen, DISK, 0, &err), 0);
	assert_true(zeros_only(seen, CHUNK));
	assert_memory_equal(seen + CHUNK, payload.plain + CHUNK, SIZE - CHUNK);
	assert_true(zeros_only(seen + SIZE, DISK - SIZE));
	assert_memory_equal(sj.job.facts.roots[0].first_chunk, payload.plain, CHUNK);
	assert_int_equal(sj.job.facts.roots[0].first_chunk_len, CHUNK);
	assert_int_equal(written("chunks"), 6);
	assert_int_equal(written("data_chunks"), 5);
	assert_int_equal(written("bytes"), SIZE);
	assert_int_equal(written("fetched_bytes"), payload.index.data_bytes);
	assert_int_equal(written("bad_count"), 0);
	assert_int_equal(of_target("written"), 4 * CHUNK);
	assert_int_equal(of_target("zeros_left"), CHUNK);
	assert_int_equal(of_target("read_back"), 0); /* not before it has been */
	assert_int_equal(step_write.verify(&sj.job, &err), 0);
	assert_int_equal(of_target("read_back"), 5 * CHUNK);
	assert_int_equal(of_target("chunks_read"), 5);
}

static void test_a_changed_byte_is_found(void **state)
{
	_cleanup_close_ int fd = open(drive.block.path, O_RDWR);
	struct err err = {0};

	(void)state;
	assert_int_equal(step_write.run(&sj.job, &err), STEP_DONE);
	assert_int_equal(pwrite_full(fd, "x", 1, 3 * CHUNK, &err), 0);
	assert_true(step_write.verify(&sj.job, &err) < 0);
	assert_non_null(strstr(err.text, "chunk 3"));
	assert_non_null(strstr(err.text, "serial:S0"));
}

/* An earlier boot's word, and what it wrote: nothing but the first chunk is fetched. */
static void test_resume(void **state)
{
	struct journal_entry journal[1];
	struct err err = {0};

	(void)state;
	assert_int_equal(step_write.run(&sj.job, &err), STEP_DONE);
	assert_int_equal(sj.n_entries, 1);
	journal[0] = sj.entries[0];
	sj.job.journal = journal;
	sj.job.n_journal = 1;
	sj.job.facts.roots[0].reads_zero = false;
	free(sj.job.facts.roots[0].first_chunk);
	json_decref(sj.job.facts.written);
	assert_int_equal(step_write.run(&sj.job, &err), STEP_DONE);
	assert_true(json_is_true(json_object_get(sj.job.facts.written, "resumed")));
	assert_int_equal(of_target("kept"), 5 * CHUNK);
	assert_int_equal(written("fetched_bytes"), payload.index.chunks[0].length);
}

static void test_what_does_not_fit(void **state)
{
	struct err err = {0};

	(void)state;
	sj.job.facts.roots[0].size = SIZE - 512;
	assert_int_equal(step_write.check(&sj.job, &err), -ENOSPC);
	sj.job.facts.roots[0].size = DISK;
	drive.block.logical_block_size = 3 * 4096;
	assert_int_equal(step_write.check(&sj.job, &err), -EINVAL);
	sj.job.facts.n_roots = 0;
	assert_int_equal(step_write.check(&sj.job, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_step, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_changed_byte_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_resume, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_does_not_fit, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
