/* rooms: tests/fakes agent/steps images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The partition table on a larger disk, judged by sfdisk; and the step as a whole. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <blkid/blkid.h>
#include <cmocka.h>

#include "agent/steps/gpt.h"
#include "core/io.h"
#include "core/json.h"
#include "tests/fakes/drive.h"
#include "tests/fakes/step_job.h"

enum { MIB = 1 << 20, CHUNK = 4 * MIB, IMAGE = 24 * MIB, DISK = 64 * MIB + 1536 };

#define GUID_A "11111111-2222-3333-4444-555555555555"

static char path[] = "/tmp/remint-gpt-XXXXXX";
static uint8_t *first;

/* What a program prints, at most 64 KiB; its exit status must be 0. */
static char *output_of(const char *fmt, ...)
{
	char command[512], *text = calloc(1, 65536);
	va_list args;
	size_t len;
	FILE *f;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	f = popen(command, "r");
	assert_non_null(f);
	len = fread(text, 1, 65535, f);
	text[len] = '\0';
	assert_int_equal(WEXITSTATUS(pclose(f)), 0);
	return text;
}

#define SBIN "PATH=$PATH:/sbin:/usr/sbin; LC_ALL=C; export PATH LC_ALL; "

/* What `command` makes of an empty image, with boot code in the MBR; its first chunk in `first`, the file a blank disk. */
static void make_image(const char *command)
{
	_cleanup_close_ int fd = -EBADF;
	struct err err = {0};
	char boot[440];

	strcpy(path, "/tmp/remint-gpt-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0 && ftruncate(fd, IMAGE) == 0);
	free(output_of(SBIN "%s %s 2>&1", command, path));
	memset(boot, 0xb0, sizeof(boot));
	assert_int_equal(pwrite_full(fd, boot, sizeof(boot), 0, &err), 0);
	assert_int_equal(pwrite_full(fd, "\x80", 1, 446, &err), 0); /* active flag of the protective record */
	first = malloc(CHUNK);
	assert_int_equal(pread_full(fd, first, CHUNK, 0, &err), 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(ftruncate(fd, DISK), 0);
}

#define GPT_512                                                           \
	"printf 'label: gpt\\nstart=1MiB, size=2MiB, type=U, name=esp\\n" \
	"start=4MiB, size=16MiB, uuid=" GUID_A ", name=root\\n' | sfdisk -q"
/* sfdisk knows blocks of 512 bytes alone for files */
#define GPT_4096 "printf 'g\\nn\\n1\\n256\\n767\\nn\\n2\\n1024\\n5119\\nw\\n' | fdisk -b 4096"
#define DOS      "printf 'label: dos\\nstart=1MiB, size=2MiB\\n' | sfdisk -q"

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	free(first);
	first = NULL;
	return 0;
}

static void put(const void *buf, size_t len, uint64_t offset)
{
	_cleanup_close_ int fd = open(path, O_RDWR);
	struct err err = {0};

	assert_int_equal(pwrite_full(fd, buf, len, offset, &err), 0);
}

struct seen {
	int n;                      /* partitions */
	uint64_t start[4], size[4]; /* bytes */
	char name[4][64], guid[4][64], type[4][64];
};

/* libblkid has a GPT parser of its own, which checks the sums; it takes the backup where the primary is bad. */
static void look(unsigned block, struct seen *seen)
{
	_cleanup_close_ int fd = open(path, O_RDONLY);
	blkid_probe probe = blkid_new_probe();
	blkid_partlist list;

	memset(seen, 0, sizeof(*seen));
	assert_int_equal(blkid_probe_set_device(probe, fd, 0, 0), 0);
	assert_int_equal(blkid_probe_set_sectorsize(probe, block), 0);
	blkid_probe_enable_partitions(probe, 1);
	list = blkid_probe_get_partitions(probe);
	assert_non_null(list);
	assert_string_equal(blkid_parttable_get_type(blkid_partlist_get_table(list)), "gpt");
	seen->n = blkid_partlist_numof_partitions(list);
	for (int i = 0; i < seen->n && i < 4; i++) {
		blkid_partition p = blkid_partlist_get_partition(list, i);
		const char *name = blkid_partition_get_name(p);

		seen->start[i] = (uint64_t)blkid_partition_get_start(p) * 512;
		seen->size[i] = (uint64_t)blkid_partition_get_size(p) * 512;
		snprintf(seen->name[i], 64, "%s", name ? name : "");
		snprintf(seen->guid[i], 64, "%s", blkid_partition_get_uuid(p));
		snprintf(seen->type[i], 64, "%s", blkid_partition_get_type_string(p));
	}
	blkid_free_probe(probe);
}

static void assert_table(unsigned block, const struct gpt_tail *tail, const struct gpt_fitted *fitted)
{
	struct seen seen;

	look(block, &seen);
	assert_int_equal(seen.n, 3);
	assert_int_equal(seen.start[0], MIB);
	assert_int_equal(seen.start[1], 4 * MIB);
	assert_int_equal(seen.size[1], 16 * MIB);
	assert_int_equal(seen.start[2], tail->seed_offset);
	assert_int_equal(seen.size[2], tail->seed_size);
	assert_string_equal(seen.name[2], "cidata");
	assert_string_equal(seen.guid[2], fitted->partition_guid);
	assert_string_equal(seen.type[2], "0fc63daf-8483-4772-8e79-3d69d8477de4");
	if (block == 512)
		assert_string_equal(seen.guid[1], GUID_A);
}

/* sfdisk looks at both tables and at where they lie. */
static void assert_sfdisk_is_content(void)
{
	_cleanup_free_ char *verdict = output_of(SBIN "sfdisk --verify %s 2>&1", path);
	_cleanup_free_ char *dump = output_of(SBIN "sfdisk --dump %s", path);
	const char *last = strstr(dump, "last-lba: ");

	assert_non_null(strstr(verdict, "No errors detected"));
	assert_null(strstr(verdict, "corrupt"));
	assert_null(strstr(verdict, "not on the end"));
	assert_null(strstr(verdict, "mismatch"));
	assert_non_null(last);
	assert_int_equal(strtoul(last + 10, NULL, 10), DISK / 512 - 34);
}

static void fit(unsigned block, const char *command)
{
	const uint64_t disk = DISK / block * block;
	struct gpt_fitted fitted = {0};
	struct gpt_tail tail;
	struct err err = {0};

	make_image(command);
	assert_int_equal(truncate(path, (off_t)disk), 0);
	assert_int_equal(gpt_tail_place(disk, IMAGE, 4 * MIB, &tail, &err), 0);
	if (gpt_fit(first, CHUNK, disk, block, &tail, &fitted, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(fitted.partition, 3);
	put(first, CHUNK, 0);
	put(fitted.tail, tail.size, tail.offset);
	assert_table(block, &tail, &fitted);
	if (block == 512)
		assert_sfdisk_is_content();
	for (unsigned i = 0; i < 440; i++)
		assert_int_equal(first[i], 0xb0);
	assert_int_equal(first[446], 0x80);

	/* the backup alone suffices: it is complete, at the disk's very end */
	put("damaged!", 8, block);
	assert_table(block, &tail, &fitted);
	free(fitted.tail);
}

static void test_fit_512(void **state)
{
	(void)state;
	fit(512, GPT_512);
}

static void test_fit_4096(void **state)
{
	(void)state;
	fit(4096, GPT_4096);
}

static void test_no_gpt(void **state)
{
	struct gpt_fitted fitted;
	struct gpt_tail tail;
	struct err err = {0};
	uint8_t *before = malloc(CHUNK);

	(void)state;
	assert_int_equal(gpt_tail_place(DISK, IMAGE, 4 * MIB, &tail, &err), 0);
	make_image(DOS);
	memcpy(before, first, CHUNK);
	assert_int_equal(gpt_fit(first, CHUNK, DISK, 512, &tail, &fitted, &err), -EMEDIUMTYPE);
	assert_memory_equal(first, before, CHUNK);
	free(first);
	unlink(path);

	/* a header that claims entries elsewhere, or is damaged */
	make_image(GPT_512);
	first[512 + 72] = 0xff;
	memcpy(before, first, CHUNK);
	assert_int_equal(gpt_fit(first, CHUNK, DISK, 512, &tail, &fitted, &err), -EMEDIUMTYPE);
	assert_memory_equal(first, before, CHUNK);
	free(before);
}

static void test_place(void **state)
{
	struct gpt_tail tail;
	struct err err = {0};

	(void)state;
	assert_int_equal(gpt_tail_place(100 * MIB + 512, 95 * MIB, 4 * MIB, &tail, &err), 0);
	assert_int_equal(tail.seed_offset, 95 * MIB);
	assert_int_equal(tail.offset, 99 * MIB);
	assert_int_equal(tail.size, MIB + 512);
	assert_int_equal(gpt_tail_place(100 * MIB, 95 * MIB + 512, 4 * MIB, &tail, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "104857600"));
	assert_int_equal(gpt_tail_place(MIB, 512, 4 * MIB, &tail, &err), -ENOSPC);
	assert_int_equal(gpt_tail_place(16ull << 40, 8ull << 40, 4 * MIB, &tail, &err), 0);
}

/* Nobody has so large a disk at hand; the memfd must be able to. */
static void test_a_disk_of_30_tb(void **state)
{
	const uint64_t size = 30000000000000 / 4096 * 4096;
	struct gpt_fitted fitted = {0};
	struct gpt_tail tail;
	struct err err = {0};

	(void)state;
	make_image(GPT_512);
	assert_int_equal(gpt_tail_place(size, IMAGE, 4 * MIB, &tail, &err), 0);
	assert_int_equal(gpt_fit(first, CHUNK, size, 512, &tail, &fitted, &err), 0);
	assert_int_equal(fitted.partition, 3);
	assert_memory_equal((uint8_t *)fitted.tail + tail.size - 512, "EFI PART", 8);
	free(fitted.tail);
}

static void test_step(void **state)
{
	static char meta[] = "instance-id: o-1\n", user[] = "#cloud-config\n";
	struct manifest manifest = {.size = IMAGE, .logical_block_size = 512};
	struct fake_drive drive = {.block.logical_block_size = 512, .block.size = DISK};
	struct step_job sj;
	struct err err = {0};
	json_int_t offset;

	(void)state;
	step_job_init(&sj);
	make_image(GPT_512);
	strcpy(drive.block.path, path);
	fake_drive_add(&drive);
	sj.order.meta_data = meta;
	sj.order.user_data = user;
	sj.job.facts.n_roots = 1;
	sj.job.facts.roots[0] = (struct root){
		.block = &drive.block, .size = DISK, .first_chunk = first, .first_chunk_len = CHUNK};
	sj.job.facts.manifest = &manifest;
	first = NULL;
	assert_int_equal(step_personalise.check(&sj.job, &err), 0);
	assert_int_equal(step_personalise.run(&sj.job, &err), STEP_DONE);
	assert_int_equal(step_personalise.verify(&sj.job, &err), 0);
	put("x", 1, DISK - 1);
	assert_int_equal(step_personalise.verify(&sj.job, &err), -EIO);
	offset = json_integer_value(json_object_get(
		json_object_get(json_array_get(sj.job.facts.personalised, 0), "seed"), "offset"));
	put("x", 1, (uint64_t)offset + 40000);
	err = (struct err){0};
	assert_int_equal(step_personalise.verify(&sj.job, &err), -EIO);
	assert_non_null(strstr(err.text, "seed"));

	sj.job.facts.roots[0].size = IMAGE;
	assert_int_equal(step_personalise.check(&sj.job, &err), -ENOSPC);
	sj.job.facts.manifest = NULL; /* not of the heap */
	step_job_clear(&sj);
	fake_drives_clear();
}

int main(void)
{
#define T(f) cmocka_unit_test_teardown(f, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_fit_512), T(test_fit_4096),        T(test_no_gpt),
		T(test_place),   T(test_a_disk_of_30_tb), T(test_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
