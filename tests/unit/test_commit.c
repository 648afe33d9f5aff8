/* rooms: agent/steps agent/hw images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The commit step on disks that can lie and fail; agent/hw/block/block.h and the certificate are played by this file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/hw/block/md.h"
#include "agent/step.h"
#include "agent/steps/attest.h"
#include "core/hash.h"
#include "core/io.h"

enum { LEN = 8192, SIZE = 4 << 20, DISKS = 2 };

static struct fake {
	char path[64];
	unsigned flushes;
	unsigned fail_flush; /* the n-th flush fails; 0: none */
	bool gone;           /* and all that follow */
	bool lies;           /* what was written changes before it is read back */
	bool busy;
} disks[DISKS];

static struct {
	unsigned calls, whole; /* whole: how many disks the last one called so */
	bool fails;
	bool early; /* a disk could boot already when it was asked for first */
	char note[512];
} station;

static const struct manifest disk_image, tree_image = {.kind = IMAGE_ROOT};
static struct block blocks[DISKS];
static struct order order;
static struct job job;

static struct fake *fake_of(int fd)
{
	struct stat at, is;

	assert_int_equal(fstat(fd, &is), 0);
	for (unsigned i = 0; i < DISKS; i++)
		if (stat(disks[i].path, &at) == 0 && at.st_ino == is.st_ino)
			return &disks[i];
	fail_msg("no disk of ours");
	return NULL;
}

int block_open(const struct block *block, bool writing, int *ret_fd, struct err *err)
{
	struct fake *disk = &disks[block - blocks];

	assert_true(writing);
	if (disk->busy)
		return err_sys(err, EBUSY, "opening");
	*ret_fd = open(disk->path, O_RDWR | O_CLOEXEC);
	assert_true(*ret_fd >= 0);
	return 0;
}

int block_flush(int fd, struct err *err)
{
	static const char zeros[512];
	struct fake *disk = fake_of(fd);
	char first[512];

	/* a power cut at the first flush finds no protective MBR */
	assert_int_equal(pread(fd, first, sizeof(first), 0), sizeof(first));
	if (disk->flushes == 0)
		assert_memory_equal(first, zeros, sizeof(first));
	if (disk->lies)
		assert_int_equal(pwrite(fd, "?", 1, 5000), 1);
	if (first[0])
		disk->lies = false;
	disk->flushes++;
	if (disk->flushes == disk->fail_flush || (disk->gone && disk->flushes > disk->fail_flush))
		return err_sys(err, EIO, "flushing");
	return 0;
}

void *block_buffer(size_t len)
{
	return aligned_alloc(4096, (len + 4095) / 4096 * 4096);
}

static bool boots(unsigned i)
{
	char first = 0;
	_cleanup_close_ int fd = open(disks[i].path, O_RDONLY);

	assert_int_equal(pread(fd, &first, 1, 0), 1);
	return first != 0;
}

int attest(struct job *for_job, struct err *err)
{
	if (station.calls++ == 0)
		station.early = boots(0) || boots(1);
	station.whole = 0;
	for (unsigned i = 0; i < for_job->facts.n_roots; i++)
		station.whole += !for_job->facts.roots[i].lost.code;
	return station.fails ? err_set(err, ESTALE, "the lease was revoked") : 0;
}

static void note(struct job *for_job, const char *text)
{
	(void)for_job;
	snprintf(station.note, sizeof(station.note), "%s", text);
}

static const struct job_ops ops = {.note = note};

static int setup(void **state)
{
	(void)state;
	memset(disks, 0, sizeof(disks));
	memset(&station, 0, sizeof(station));
	order = (struct order){.node = (char *)"node1"};
	job = (struct job){.ops = &ops, .order = &order};
	job.facts.manifest = (struct manifest *)&disk_image;
	job.facts.n_roots = 1;
	for (unsigned i = 0; i < DISKS; i++) {
		struct root *root = &job.facts.roots[i];
		int fd;

		strcpy(disks[i].path, "/tmp/test_commit.XXXXXX");
		fd = mkstemp(disks[i].path);
		if (fd < 0 || ftruncate(fd, SIZE) || close(fd))
			return -1;
		blocks[i] = (struct block){.size = SIZE, .logical_block_size = 512};
		snprintf(blocks[i].name, sizeof(blocks[i].name), "serial:%c", 'A' + (int)i);
		root->block = &blocks[i];
		root->size = SIZE;
		root->first_chunk = block_buffer(LEN);
		root->first_chunk_len = LEN;
		memset(root->first_chunk, 'c', LEN);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DISKS; i++) {
		free(job.facts.roots[i].first_chunk);
		unlink(disks[i].path);
	}
	json_decref(job.facts.committed);
	return 0;
}

static void two(enum order_redundancy redundancy, bool go_on)
{
	order.redundancy = redundancy;
	order.go_on_without_disk = go_on;
	job.facts.n_roots = 2;
}

/* What stands on a disk in bytes from..to is `c` alone. */
static void assert_is(unsigned i, char c, size_t from, size_t to)
{
	_cleanup_free_ char *all = NULL;
	struct err err = {0};
	size_t size;

	assert_int_equal(file_read(disks[i].path, SIZE, &all, &size, &err), 0);
	assert_int_equal(size, SIZE);
	for (size_t k = from; k < to; k++)
		if (all[k] != c)
			fail_msg("disk %u byte %zu is %d", i, k, all[k]);
}

static void assert_committed(unsigned i)
{
	assert_is(i, 'c', 0, LEN);
	if (order.redundancy != ORDER_MIRROR)
		assert_is(i, 0, LEN, SIZE); /* nothing beyond the first chunk */
}

static const char *committed(unsigned i, const char *key)
{
	return json_string_value(json_object_get(json_array_get(job.facts.committed, i), key));
}

static void the_first_chunk_is_written_and_read_back(void **state)
{
	char expected[LEN], digest[SHA256_HEX_SIZE];
	struct err err = {0};
	(void)state;
	assert_int_equal(step_commit.run(&job, &err), STEP_DONE);
	assert_committed(0);
	memset(expected, 'c', LEN);
	sha256_hex(expected, LEN, digest);
	assert_string_equal(committed(0, "sha256"), digest);
	assert_string_equal(committed(0, "disk"), "serial:A");
	assert_int_equal(disks[0].flushes, 2);
	assert_int_equal(station.calls, 0); /* the certificate stands as it is */
}

static void assert_held(int code, const char *says, const char *disk)
{
	struct err err = {0};

	assert_int_equal(step_commit.run(&job, &err), code);
	for (unsigned i = 0; i < DISKS; i++)
		assert_is(i, 0, 0, SIZE);
	assert_null(job.facts.committed);
	if (!strstr(err.text, says) || !strstr(err.text, disk))
		fail_msg("%s", err.text);
}

static void a_failed_flush_leaves_nothing_to_boot(void **state)
{
	(void)state;
	disks[0].fail_flush = 1;
	assert_held(-EIO, "flushing", "serial:A");
	disks[0].flushes = 0;
	disks[0].fail_flush = 2;
	assert_held(-EIO, "flushing", "serial:A");
}

static void a_disk_that_may_boot_is_named(void **state)
{
	struct err err;

	(void)state;
	disks[0].fail_flush = 2;
	disks[0].gone = true;
	assert_int_equal(step_commit.run(&job, &err), -EIO);
	assert_non_null(strstr(err.text, "writing the first chunk"));
	assert_non_null(strstr(err.text, "serial:A may boot"));
}

static void a_difference_leaves_nothing_to_boot(void **state)
{
	(void)state;
	disks[0].lies = true;
	assert_held(-EIO, "reads back differently", "serial:A");
}

static void nothing_is_written_without_a_whole_chunk(void **state)
{
	(void)state;
	job.facts.roots[0].first_chunk_len = LEN - 1;
	assert_held(-EINVAL, "no first chunk", "serial:A");
	job.facts.roots[0].first_chunk_len = LEN;
	disks[0].busy = true;
	assert_held(-EBUSY, "opening", "serial:A");
	job.facts.roots[0].lost.code = EIO;
	assert_held(-EINVAL, "no disk", "");
}

static void both_copies_are_committed(void **state)
{
	struct err err = {0};
	(void)state;
	two(ORDER_COPIES, false);
	((char *)job.facts.roots[1].first_chunk)[LEN - 1] = 'd'; /* each has its own */
	assert_int_equal(step_commit.run(&job, &err), STEP_DONE);
	assert_committed(0);
	assert_is(1, 'c', 0, LEN - 1);
	assert_is(1, 'd', LEN - 1, LEN);
	assert_string_equal(committed(1, "disk"), "serial:B");
}

/* Whichever disk fails, and whenever: when the order holds, neither boots. */
static void one_lost_and_the_order_holds(void **state)
{
	(void)state;
	two(ORDER_COPIES, false);
	for (unsigned bad = 0; bad < DISKS; bad++) {
		for (unsigned nth = 1; nth <= 2; nth++) {
			disks[0].flushes = disks[1].flushes = 0;
			disks[0].fail_flush = disks[1].fail_flush = 0;
			disks[bad].fail_flush = nth;
			assert_held(-EIO, "flushing", blocks[bad].name);
		}
	}
	disks[0].fail_flush = disks[1].fail_flush = 0;
	disks[1].lies = true;
	assert_held(-EIO, "reads back differently", "serial:B");
	disks[1].busy = true;
	assert_held(-EBUSY, "opening", "serial:B");
	assert_int_equal(station.calls, 0);
}

static void assert_went_on_without(unsigned bad, const char *why)
{
	struct err err = {0};

	assert_int_equal(step_commit.run(&job, &err), STEP_DONE);
	assert_int_equal(err.code, 0);
	assert_committed(1 - bad);
	assert_is(bad, 0, 0, SIZE);
	assert_int_equal(json_array_size(job.facts.committed), 1);
	assert_string_equal(committed(0, "disk"), blocks[1 - bad].name);
	assert_non_null(strstr(job.facts.roots[bad].lost.text, why));
	assert_int_equal(station.calls, 1);
	assert_int_equal(station.whole, 1); /* the certificate says so */
}

static void one_lost_and_the_order_goes_on(void **state)
{
	(void)state;
	two(ORDER_COPIES, true);
	disks[0].fail_flush = 1;
	assert_went_on_without(0, "flushing");
	assert_false(station.early); /* the certificate came before anything boots */
	assert_non_null(strstr(station.note, "disk serial:A is lost"));
}

static void one_lost_at_the_last_block_and_the_order_goes_on(void **state)
{
	(void)state;
	two(ORDER_COPIES, true);
	disks[1].fail_flush = 2;
	assert_went_on_without(1, "flushing");
}

static void one_that_lies_is_lost(void **state)
{
	(void)state;
	two(ORDER_COPIES, true);
	disks[1].lies = true;
	assert_went_on_without(1, "reads back differently");
}

static void the_last_whole_disk_is_not_given_up(void **state)
{
	(void)state;
	two(ORDER_COPIES, true);
	disks[0].busy = true;
	disks[1].fail_flush = 2;
	assert_held(-EIO, "flushing", "serial:B");
}

static void without_a_new_certificate_nothing_boots(void **state)
{
	(void)state;
	two(ORDER_COPIES, true);
	disks[0].fail_flush = 1;
	station.fails = true;
	assert_held(-ESTALE, "lease", "");
}

/* ---- RAID ---- */

/* The superblock that stands there is the one of this member, with these missing. */
static void assert_superblock(unsigned i, uint32_t missing)
{
	uint8_t seen[MD_SUPERBLOCK_SIZE], made[MD_SUPERBLOCK_SIZE];
	_cleanup_close_ int fd = open(disks[i].path, O_RDONLY);
	const json_t *raid = json_object_get(json_array_get(job.facts.committed, 0), "raid");
	struct md_array array = {.n_members = 2, .size = SIZE};
	struct err err = {0};

	assert_int_equal(pread_full(fd, seen, sizeof(seen), md_superblock_offset(SIZE), &err), 0);
	assert_int_equal(hex_decode(json_string_value(json_object_get(raid, "uuid")), array.uuid, 16), 0);
	strcpy(array.name, "node1");
	/* ctime stands at offset 64, little-endian (md_p.h, struct mdp_superblock_1) */
	for (unsigned k = 0; k < 5; k++)
		array.created |= (uint64_t)seen[64 + k] << 8 * k;
	assert_true(array.created > 1700000000);
	md_superblock_make(&array, i, SIZE, missing, made);
	assert_memory_equal(seen, made, sizeof(seen));
}

static void a_mirror_gets_its_superblocks(void **state)
{
	struct err err = {0};
	(void)state;
	two(ORDER_MIRROR, false);
	assert_int_equal(step_commit.run(&job, &err), STEP_DONE);
	for (unsigned i = 0; i < DISKS; i++) {
		assert_committed(i);
		assert_superblock(i, 0);
	}
	assert_non_null(strstr(station.note, "RAID 1 node1, UUID "));
	assert_non_null(strstr(station.note, "2 of 2 members"));
}

static void a_mirror_knows_its_lost_disk(void **state)
{
	(void)state;
	two(ORDER_MIRROR, true);
	disks[0].fail_flush = 3; /* superblock, body, first block */
	assert_went_on_without(0, "flushing");
	assert_superblock(1, 1);
	assert_non_null(strstr(station.note, "1 of 2 members"));
}

static void a_mirror_that_is_held_leaves_no_superblock(void **state)
{
	(void)state;
	two(ORDER_MIRROR, false);
	disks[1].fail_flush = 3;
	assert_held(-EIO, "flushing", "serial:B");
}

static void a_tree_has_its_own_arrays(void **state)
{
	struct err err = {0};
	(void)state;
	two(ORDER_MIRROR, false);
	job.facts.manifest = (struct manifest *)&tree_image;
	assert_int_equal(step_commit.run(&job, &err), STEP_DONE);
	assert_is(0, 0, LEN, SIZE);
	assert_is(1, 0, LEN, SIZE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_first_chunk_is_written_and_read_back),
		T(a_failed_flush_leaves_nothing_to_boot),
		T(a_disk_that_may_boot_is_named),
		T(a_difference_leaves_nothing_to_boot),
		T(nothing_is_written_without_a_whole_chunk),
		T(both_copies_are_committed),
		T(one_lost_and_the_order_holds),
		T(one_lost_and_the_order_goes_on),
		T(one_lost_at_the_last_block_and_the_order_goes_on),
		T(one_that_lies_is_lost),
		T(the_last_whole_disk_is_not_given_up),
		T(without_a_new_certificate_nothing_boots),
		T(a_mirror_gets_its_superblocks),
		T(a_mirror_knows_its_lost_disk),
		T(a_mirror_that_is_held_leaves_no_superblock),
		T(a_tree_has_its_own_arrays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
