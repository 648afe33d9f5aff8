/* rooms: agent/steps core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The commit step on a disk that can lie and fail; agent/hw/block.h is played by this file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>

#include "agent/step.h"
#include "core/hash.h"
#include "core/io.h"

#define LEN 8192

static struct {
	char path[64];
	unsigned flushes;
	unsigned fail_flush; /* the n-th flush fails; 0: none */
	bool lies;           /* what was written changes before it is read back */
	bool busy;
} disk;

int block_open(const struct block *block, bool writing, int *ret_fd, struct err *err)
{
	assert_string_equal(block->name, "serial:A");
	assert_true(writing);
	if (disk.busy)
		return err_sys(err, EBUSY, "opening");
	*ret_fd = open(disk.path, O_RDWR | O_CLOEXEC);
	assert_true(*ret_fd >= 0);
	return 0;
}

int block_flush(int fd, struct err *err)
{
	static const char zeros[512];
	char first[512];

	/* a power cut at the first flush finds no protective MBR */
	assert_int_equal(pread(fd, first, sizeof(first), 0), sizeof(first));
	if (disk.flushes == 0)
		assert_memory_equal(first, zeros, sizeof(first));
	if (disk.lies)
		assert_int_equal(pwrite(fd, "?", 1, 5000), 1);
	disk.lies = false;
	return ++disk.flushes == disk.fail_flush ? err_sys(err, EIO, "flushing") : 0;
}

void *block_buffer(size_t len)
{
	return aligned_alloc(4096, (len + 4095) / 4096 * 4096);
}

static int setup(void **state)
{
	(void)state;
	memset(&disk, 0, sizeof(disk));
	strcpy(disk.path, "/tmp/test_commit.XXXXXX");
	int fd = mkstemp(disk.path);
	if (fd < 0 || ftruncate(fd, 4 * LEN))
		return -1;
	return close(fd);
}

static int teardown(void **state)
{
	(void)state;
	return unlink(disk.path);
}

/* Runs the step with a first chunk of 'c'; *ret_first is the disk's first LEN bytes afterwards. */
static int commit(uint32_t len, char ret_first[LEN], json_t **ret_committed, struct err *err)
{
	const struct block root = {.name = "serial:A", .logical_block_size = 512};
	struct job job = {.facts = {.root = &root, .first_chunk = malloc(LEN), .first_chunk_len = len}};
	struct err ignored = {0};
	size_t size;
	char *all;

	*err = (struct err){0};
	memset(job.facts.first_chunk, 'c', LEN);
	int r = step_commit.run(&job, err);
	free(job.facts.first_chunk);
	*ret_committed = job.facts.committed;
	assert_int_equal(file_read(disk.path, 1 << 20, &all, &size, &ignored), 0);
	assert_int_equal(size, 4 * LEN);
	memcpy(ret_first, all, LEN);
	for (size_t i = LEN; i < size; i++)
		assert_int_equal(all[i], 0); /* nothing beyond the first chunk */
	free(all);
	return r;
}

static void the_first_chunk_is_written_and_read_back(void **state)
{
	char first[LEN], expected[LEN], digest[SHA256_HEX_SIZE];
	_cleanup_(json_decrefp) json_t *committed = NULL;
	struct err err;
	(void)state;
	assert_int_equal(commit(LEN, first, &committed, &err), STEP_DONE);
	memset(expected, 'c', LEN);
	assert_memory_equal(first, expected, LEN);
	sha256_hex(expected, LEN, digest);
	assert_string_equal(json_string_value(json_object_get(committed, "sha256")), digest);
	assert_int_equal(disk.flushes, 2);
}

static void assert_taken_back(const char *says)
{
	static const char zeros[LEN];
	char first[LEN];
	_cleanup_(json_decrefp) json_t *committed = NULL;
	struct err err;
	assert_int_equal(commit(LEN, first, &committed, &err), -EIO);
	assert_memory_equal(first, zeros, LEN);
	assert_null(committed);
	assert_non_null(strstr(err.text, says));
	assert_non_null(strstr(err.text, "serial:A"));
}

static void a_failed_flush_leaves_nothing_to_boot(void **state)
{
	(void)state;
	disk.fail_flush = 1;
	assert_taken_back("flushing");
	disk.flushes = 0;
	disk.fail_flush = 2;
	assert_taken_back("flushing");
}

static void a_difference_leaves_nothing_to_boot(void **state)
{
	(void)state;
	disk.lies = true;
	assert_taken_back("reads back differently");
}

static void nothing_is_written_without_a_whole_chunk(void **state)
{
	static const char zeros[LEN];
	char first[LEN];
	_cleanup_(json_decrefp) json_t *committed = NULL;
	struct err err;
	(void)state;
	assert_int_equal(commit(LEN - 1, first, &committed, &err), -EINVAL);
	assert_memory_equal(first, zeros, LEN);
	disk.busy = true;
	assert_int_equal(commit(LEN, first, &committed, &err), -EBUSY);
	assert_memory_equal(first, zeros, LEN);
	assert_null(committed);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_first_chunk_is_written_and_read_back),
		T(a_failed_flush_leaves_nothing_to_boot),
		T(a_difference_leaves_nothing_to_boot),
		T(nothing_is_written_without_a_whole_chunk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
