/* rooms: agent/steps agent/hw efi core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The same partitions counted in another block size, written and read by libfdisk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <libfdisk/libfdisk.h>
#include <sys/mman.h>
#include <zlib.h>

#include "agent/steps/gpt.h"
#include "core/io.h"
#include "efi/gpt.h"

#define MIB   (UINT64_C(1) << 20)
#define LEN   (4u << 20) /* the disk's beginning */
#define SIZE  (64 * MIB)
#define PARTS 3

/* As libfdisk shows a table: what has to stay, in bytes. */
struct table {
	char disk[37];
	unsigned n;
	struct {
		uint64_t offset, size, attributes;
		char type[37], guid[37], name[73];
	} parts[8];
};

static const struct {
	uint64_t offset, size; /* MiB */
	const char *type, *name, *attributes;
} parts[PARTS] = {
	{1, 8, "C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "EFI System", NULL},
	{9, 20, "0FC63DAF-8483-4772-8E79-3D69D8477DE4", "root \xc3\xa9", "GUID:48"},
	{40, 3, "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F", "", "RequiredPartition"},
};

static struct fdisk_context *open_table(int fd, uint32_t block)
{
	struct fdisk_context *cxt = fdisk_new_context();

	assert_non_null(cxt);
	fdisk_disable_dialogs(cxt, 1);
	assert_int_equal(fdisk_save_user_sector_size(cxt, block, block), 0);
	assert_int_equal(fdisk_assign_device_by_fd(cxt, fd, "disk", 0), 0);
	return cxt;
}

static void add(struct fdisk_context *cxt, size_t i, uint32_t block)
{
	struct fdisk_partition *pa = fdisk_new_partition();
	struct fdisk_parttype *type = fdisk_label_parse_parttype(fdisk_get_label(cxt, NULL), parts[i].type);

	assert_int_equal(fdisk_partition_set_start(pa, parts[i].offset * MIB / block), 0);
	assert_int_equal(fdisk_partition_set_size(pa, parts[i].size * MIB / block), 0);
	assert_int_equal(fdisk_partition_set_partno(pa, 2 * i), 0); /* with entries free between them */
	assert_int_equal(fdisk_partition_set_type(pa, type), 0);
	assert_int_equal(fdisk_partition_set_name(pa, parts[i].name), 0);
	if (parts[i].attributes)
		assert_int_equal(fdisk_partition_set_attrs(pa, parts[i].attributes), 0);
	assert_int_equal(fdisk_add_partition(cxt, pa, NULL), 0);
	fdisk_unref_parttype(type);
	fdisk_unref_partition(pa);
}

/* A disk's beginning with a table in that block size, boot code and data behind the table. */
static void *make_first(uint32_t block)
{
	_cleanup_close_ int fd = memfd_create("made", MFD_CLOEXEC);
	struct fdisk_context *cxt;
	uint8_t *first = malloc(LEN);
	struct err err;

	assert_int_equal(ftruncate(fd, (off_t)SIZE), 0);
	cxt = open_table(fd, block);
	assert_int_equal(fdisk_create_disklabel(cxt, "gpt"), 0);
	for (size_t i = 0; i < PARTS; i++)
		add(cxt, i, block);
	assert_int_equal(fdisk_write_disklabel(cxt), 0);
	fdisk_unref_context(cxt);
	assert_int_equal(pread_full(fd, first, LEN, 0, &err), 0);
	memcpy(first, "boot code", 9);
	memset(first + MIB, 0xda, LEN - MIB);
	return first;
}

static void read_table(const void *first, uint32_t block, uint64_t size, struct table *ret)
{
	_cleanup_close_ int fd = memfd_create("read", MFD_CLOEXEC);
	struct fdisk_context *cxt;
	char *disk = NULL;
	struct err err;

	memset(ret, 0, sizeof(*ret));
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(pwrite_full(fd, first, LEN, 0, &err), 0);
	cxt = open_table(fd, block);
	assert_true(fdisk_is_label(cxt, GPT));
	assert_int_equal(fdisk_get_disklabel_id(cxt, &disk), 0);
	snprintf(ret->disk, sizeof(ret->disk), "%s", disk);
	free(disk);
	for (size_t i = 0; i < 8; i++) {
		struct fdisk_partition *pa = NULL;

		if (fdisk_get_partition(cxt, i, &pa) == 0 && fdisk_partition_is_used(pa)) {
			struct fdisk_parttype *type = fdisk_partition_get_type(pa);
			const char *name = fdisk_partition_get_name(pa);

			ret->parts[i].offset = fdisk_partition_get_start(pa) * block;
			ret->parts[i].size = fdisk_partition_get_size(pa) * block;
			assert_int_equal(fdisk_gpt_get_partition_attrs(cxt, i, &ret->parts[i].attributes), 0);
			strcpy(ret->parts[i].type, fdisk_parttype_get_string(type));
			strcpy(ret->parts[i].guid, fdisk_partition_get_uuid(pa));
			snprintf(ret->parts[i].name, sizeof(ret->parts[i].name), "%s", name ? name : "");
			ret->n++;
		}
		fdisk_unref_partition(pa);
	}
	fdisk_unref_context(cxt);
}

static void check(uint32_t from, uint32_t to, uint64_t disk_size)
{
	_cleanup_free_ void *first = make_first(from);
	_cleanup_(gpt_freep) struct gpt *gpt = NULL;
	struct table before, after;
	uint32_t len = LEN;
	struct err err = {0};

	read_table(first, from, SIZE, &before);
	assert_int_equal(before.n, PARTS);
	if (gpt_reblock(&first, &len, from, to, disk_size, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(len, LEN);
	read_table(first, to, disk_size, &after);
	assert_memory_equal(&before, &after, sizeof(before));
	/* strictly too, and no trace of the old one */
	assert_int_equal(gpt_read(first, LEN, to, &gpt, &err), 0);
	assert_int_equal(gpt->backup, disk_size / to - 1);
	assert_int_not_equal(memcmp((uint8_t *)first + from, "EFI PART", 8), 0);
	assert_int_equal(memcmp(first, "boot code", 9) == 0, to == 512);
	for (size_t i = MIB; i < LEN; i++)
		assert_int_equal(((uint8_t *)first)[i], 0xda);
}

static void test_to_4096(void **state)
{
	(void)state;
	check(512, 4096, SIZE);
	check(512, 4096, 100 * SIZE);
}

static void test_to_512(void **state)
{
	(void)state;
	check(4096, 512, SIZE);
	check(4096, 512, (UINT64_C(1) << 42) + 512);
}

static void test_there_and_back(void **state)
{
	_cleanup_free_ void *first = make_first(512);
	struct table before, after;
	uint32_t len = LEN;
	struct err err = {0};

	(void)state;
	read_table(first, 512, SIZE, &before);
	assert_int_equal(gpt_reblock(&first, &len, 512, 4096, SIZE, &err), 0);
	assert_int_equal(gpt_reblock(&first, &len, 4096, 512, SIZE, &err), 0);
	read_table(first, 512, SIZE, &after);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(gpt_reblock(&first, &len, 512, 512, SIZE, &err), 0);
}

static void expect(void **first, uint32_t from, uint32_t to, uint64_t size, int code, const char *says)
{
	_cleanup_free_ uint8_t *before = malloc(LEN);
	void *same = *first;
	uint32_t len = LEN;
	struct err err = {0};

	memcpy(before, *first, LEN);
	assert_int_equal(gpt_reblock(first, &len, from, to, size, &err), -code);
	if (!strstr(err.text, says))
		fail_msg("\"%s\" does not say \"%s\"", err.text, says);
	assert_ptr_equal(*first, same);
	assert_memory_equal(*first, before, LEN);
}

/* Like the others, but its first partition lies in those blocks of 512 bytes. */
static void *make_odd(uint64_t start, uint64_t end)
{
	uint8_t *first = make_first(512);
	uint64_t usable = 34;
	uint32_t crc;

	memcpy(first + 512 + 40, &usable, 8);
	memcpy(first + 1024 + 32, &start, 8);
	memcpy(first + 1024 + 40, &end, 8);
	crc = (uint32_t)crc32(0, first + 1024, 128 * 128);
	memcpy(first + 512 + 88, &crc, 4);
	memset(first + 512 + 16, 0, 4);
	crc = (uint32_t)crc32(0, first + 512, 92);
	memcpy(first + 512 + 16, &crc, 4);
	return first;
}

static void test_places_that_do_not_fit(void **state)
{
	_cleanup_free_ void *odd_start = make_odd(2049, 4095), *odd_end = make_odd(2048, 4094);
	_cleanup_free_ void *early = make_odd(40, 2047);

	(void)state;
	expect(&odd_start, 512, 4096, SIZE, EINVAL, "partition 1 does not lie on whole blocks");
	expect(&odd_end, 512, 4096, SIZE, EINVAL, "partition 1 does not lie on whole blocks");
	expect(&early, 512, 4096, SIZE, EINVAL, "partition 1 begins at byte 20480");
}

static void test_refused(void **state)
{
	_cleanup_free_ void *first = make_first(512);

	(void)state;
	expect(&first, 512, 2048, SIZE, EINVAL, "no conversion");
	expect(&first, 512, 0, SIZE, EINVAL, "no conversion");
	expect(&first, 512, 4096, SIZE + 512, EINVAL, "no conversion");
	expect(&first, 4096, 512, SIZE, EBADMSG, "in blocks of 4096 bytes");
	expect(&first, 512, 4096, 30 * MIB, ENOSPC, "partition 5 ends behind");
	((uint8_t *)first)[1024] ^= 1;
	expect(&first, 512, 4096, SIZE, EBADMSG, "CRC");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_to_4096),        cmocka_unit_test(test_to_512),
		cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_places_that_do_not_fit),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
