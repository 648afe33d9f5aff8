/* rooms: tests/fakes agent/steps agent/pipeline images protocol core */
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

#include "core/io.h"
#include "images/zeros.h"
#include "tests/fakes/drive.h"
#include "tests/fakes/payload.h"
#include "tests/fakes/range_server.h"
#include "tests/fakes/step_job.h"

enum { CHUNK = 64 << 10, SIZE = 6 * CHUNK, DISK = SIZE + CHUNK };

static struct step_job sj;
static struct payload payload;
static struct range_server *server;
static struct fake_drive drive;

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
					      .path = "/tmp/remint-write-XXXXXX",
					      .name = "serial:S0"}};
	fd = mkstemp(drive.block.path);
	assert_true(fd >= 0 && ftruncate(fd, DISK) == 0);
	close(fd);
	fake_drive_add(&drive);
	step_job_init(&sj);
	sj.job.facts.root = &drive.block;
	sj.job.facts.index = &payload.index;
	sj.job.facts.payload_url = xstrdup(range_server_url(server));
	sj.job.facts.root_reads_zero = true;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	range_server_stop(server);
	sj.job.facts.index = NULL;
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
	assert_memory_equal(sj.job.facts.first_chunk, payload.plain, CHUNK);
	assert_int_equal(written("chunks"), 6);
	assert_int_equal(written("data_chunks"), 5);
	assert_int_equal(written("bytes"), 4 * CHUNK);
	assert_int_equal(written("fetched_bytes"), payload.index.data_bytes);
	assert_null(json_object_get(sj.job.facts.written, "read_back")); /* not before it has been */
	assert_int_equal(step_write.verify(&sj.job, &err), 0);
	assert_string_equal(json_string_value(json_object_get(sj.job.facts.written, "read_back")), "full");
	assert_int_equal(pwrite_full(fd, "x", 1, 3 * CHUNK, &err), 0);
	assert_int_equal(step_write.verify(&sj.job, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "chunk 3:"));
}

static void test_what_does_not_fit(void **state)
{
	struct err err = {0};

	(void)state;
	drive.block.size = SIZE - 512;
	assert_int_equal(step_write.check(&sj.job, &err), -ENOSPC);
	drive.block.size = DISK;
	drive.block.logical_block_size = 3 * 4096;
	assert_int_equal(step_write.check(&sj.job, &err), -EINVAL);
	sj.job.facts.root = NULL;
	assert_int_equal(step_write.check(&sj.job, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_step, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_does_not_fit, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
