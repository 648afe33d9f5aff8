/* rooms: tests/fakes agent/steps images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Several root disks: what is equal, what is each disk's own, and what becomes of one that fails. The table is played by this file. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/steps/gpt.h"
#include "core/io.h"
#include "tests/fakes/drive.h"
#include "tests/fakes/step_job.h"

enum { MIB = 1 << 20, CHUNK = 64 << 10, DISK = 16 * MIB, TAIL = MIB };

static struct step_job sj;
static struct manifest manifest = {.size = 4 * MIB, .logical_block_size = 512};
static struct fake_drive drives[2];
static unsigned fits;

int gpt_tail_place(uint64_t disk_size, uint64_t image_size, uint64_t seed_size, struct gpt_tail *ret,
		   struct err *err)
{
	if (disk_size < image_size + seed_size + TAIL)
		return err_set(err, ENOSPC, "too small");
	*ret = (struct gpt_tail){disk_size - TAIL - seed_size, seed_size, disk_size - TAIL, TAIL};
	return 0;
}

/* Each call leaves another mark, as random GUIDs do. */
int gpt_fit(void *first, uint32_t len, uint64_t disk_size, uint32_t block, const struct gpt_tail *tail,
	    struct gpt_fitted *ret, struct err *err)
{
	(void)err;
	(void)block;
	assert_int_equal(tail->offset + tail->size, disk_size);
	assert_int_equal(len, CHUNK);
	memset(first, 'A' + (int)fits, 512);
	ret->tail = block_buffer(tail->size);
	memset(ret->tail, 'a' + (int)fits, tail->size);
	snprintf(ret->partition_guid, sizeof(ret->partition_guid), "guid-%u", fits++);
	return 0;
}

static int set_up(void **state)
{
	static char text[] = "#cloud-config\n";
	int fd;

	(void)state;
	fits = 0;
	step_job_init(&sj);
	sj.order.meta_data = sj.order.user_data = text;
	sj.job.facts.manifest = &manifest;
	sj.job.facts.n_roots = 2;
	for (unsigned i = 0; i < 2; i++) {
		struct root *root = &sj.job.facts.roots[i];

		drives[i] = (struct fake_drive){
			.block = {.size = DISK, .logical_block_size = 512, .path = "/tmp/remint-two-XXXXXX"}};
		snprintf(drives[i].block.name, sizeof(drives[i].block.name), "serial:%u", i);
		fd = mkstemp(drives[i].block.path);
		assert_true(fd >= 0 && ftruncate(fd, DISK) == 0);
		close(fd);
		fake_drive_add(&drives[i]);
		root->block = &drives[i].block;
		root->size = DISK;
		root->first_chunk = block_buffer(CHUNK);
		root->first_chunk_len = CHUNK;
		memset(root->first_chunk, 'f', CHUNK);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	sj.job.facts.manifest = NULL;
	step_job_clear(&sj);
	for (unsigned i = 0; i < 2; i++)
		unlink(drives[i].block.path);
	fake_drives_clear();
	return 0;
}

static char at(unsigned i, uint64_t offset)
{
	_cleanup_close_ int fd = open(drives[i].block.path, O_RDONLY);
	struct err err = {0};
	char c;

	assert_int_equal(pread_full(fd, &c, 1, offset, &err), 0);
	return c;
}

static void spoil(unsigned i, uint64_t offset)
{
	_cleanup_close_ int fd = open(drives[i].block.path, O_RDWR);
	struct err err = {0};

	assert_int_equal(pwrite_full(fd, "?", 1, offset, &err), 0);
}

static char first(unsigned i)
{
	return *(char *)sj.job.facts.roots[i].first_chunk;
}

static void copies_differ(void **state)
{
	struct err err = {0};
	(void)state;
	sj.order.redundancy = ORDER_COPIES;
	assert_int_equal(step_personalise.check(&sj.job, &err), 0);
	assert_int_equal(step_personalise.run(&sj.job, &err), STEP_DONE);
	assert_int_equal(fits, 2);
	for (unsigned i = 0; i < 2; i++) {
		const json_t *parts = json_array_get(sj.job.facts.personalised, i);

		assert_string_equal(json_string_value(json_object_get(parts, "disk")), drives[i].block.name);
		assert_int_equal(first(i), 'A' + (int)i);
		assert_int_equal(at(i, DISK - 1), 'a' + (int)i);
	}
	assert_int_equal(step_personalise.verify(&sj.job, &err), 0);
	sj.job.facts.roots[1].size = 4 * MIB;
	assert_int_equal(step_personalise.check(&sj.job, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "serial:1"));
}

/* Members of one RAID; the array is smaller than the disk. */
static void members_are_equal(void **state)
{
	struct err err = {0};
	(void)state;
	sj.order.redundancy = ORDER_MIRROR;
	for (unsigned i = 0; i < 2; i++)
		sj.job.facts.roots[i].size = DISK - MIB;
	assert_int_equal(step_personalise.run(&sj.job, &err), STEP_DONE);
	assert_int_equal(fits, 1);
	assert_memory_equal(sj.job.facts.roots[0].first_chunk, sj.job.facts.roots[1].first_chunk, CHUNK);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(first(i), 'A');
		assert_int_equal(at(i, DISK - MIB - 1), 'a');
		assert_int_equal(at(i, DISK - MIB), 0); /* the superblock's place */
	}
	assert_int_equal(step_personalise.verify(&sj.job, &err), 0);
}

static void fail_first(void)
{
	fake_drives_clear();
	drives[0].cannot_open = true;
	fake_drive_add(&drives[0]);
	fake_drive_add(&drives[1]);
}

static void a_disk_that_fails(void **state)
{
	struct err err = {0};
	(void)state;
	sj.order.redundancy = ORDER_MIRROR;
	fail_first();
	assert_int_equal(step_personalise.run(&sj.job, &err), -EBUSY);
	assert_non_null(strstr(err.text, "serial:0"));
	sj.order.go_on_without_disk = true;
	err = (struct err){0};
	assert_int_equal(step_personalise.run(&sj.job, &err), STEP_DONE);
	assert_int_equal(err.code, 0);
	assert_int_equal(sj.job.facts.roots[0].lost.code, EBUSY);
	assert_int_equal(sj.job.facts.roots[1].lost.code, 0);
	assert_int_equal(json_array_size(sj.job.facts.personalised), 1);
	assert_int_equal(step_personalise.verify(&sj.job, &err), 0);
}

static void a_disk_that_forgets(void **state)
{
	struct err err = {0};
	(void)state;
	sj.order.redundancy = ORDER_COPIES;
	assert_int_equal(step_personalise.run(&sj.job, &err), STEP_DONE);
	spoil(1, DISK - 1);
	assert_int_equal(step_personalise.verify(&sj.job, &err), -EIO);
	assert_non_null(strstr(err.text, "serial:1: gpt"));
	sj.order.go_on_without_disk = true;
	assert_int_equal(step_personalise.verify(&sj.job, &err), 0);
	assert_non_null(strstr(sj.job.facts.roots[1].lost.text, "gpt"));
	spoil(0, DISK - 1); /* the last whole one is not given up */
	assert_int_equal(step_personalise.verify(&sj.job, &err), -EIO);
	assert_non_null(strstr(err.text, "serial:0"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(copies_differ),
		T(members_are_equal),
		T(a_disk_that_fails),
		T(a_disk_that_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
