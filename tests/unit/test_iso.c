/* rooms: images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* A volume as libarchive reads it, its boot catalog by the specification, and damaged volumes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "core/io.h"
#include "images/iso.h"
#include "images/iso_read.h"
#include "images/iso_spec.h"

#define NET "{\"net\":1}\n"
#define EFI (100 * 512)

static uint8_t efi[EFI], big[5000];
static const struct iso_file files[] = {
	{"EFI/BOOT/BOOTX64.EFI", big, sizeof(big)},
	{"NET.JSON", NET, sizeof(NET) - 1},
	{"EFI/A/EMPTY.TXT", "", 0},
};

static struct iso_volume volume(void)
{
	memset(efi, 0xef, sizeof(efi));
	memset(big, 'b', sizeof(big));
	return (struct iso_volume){.label = "REMINT",
				   .made = 1795392000, /* 2026-11-23 00:00:00 UTC */
				   .files = files,
				   .n_files = sizeof(files) / sizeof(files[0]),
				   .efi = efi,
				   .efi_len = sizeof(efi)};
}

static uint8_t *make(size_t *ret_len, size_t *ret_efi)
{
	const struct iso_volume v = volume();
	struct err err = {0};
	void *iso = NULL;

	if (iso_make(&v, &iso, ret_len, ret_efi, &err) < 0)
		fail_msg("%s", err.text);
	return iso;
}

/* ---- what others read ---- */

static void expect_entry(struct archive *a, const char *path, const void *data, size_t len)
{
	struct archive_entry *entry;
	char buf[8192];

	assert_int_equal(archive_read_next_header(a, &entry), ARCHIVE_OK);
	assert_string_equal(archive_entry_pathname(entry), path);
	assert_int_equal(archive_entry_mtime(entry), 1795392000);
	if (!data) {
		assert_int_equal(archive_entry_filetype(entry), AE_IFDIR);
		return;
	}
	assert_int_equal(archive_entry_size(entry), len);
	assert_int_equal(archive_read_data(a, buf, sizeof(buf)), len);
	assert_memory_equal(buf, data, len);
}

static void test_libarchive_reads_it(void **state)
{
	size_t len, at;
	_cleanup_free_ uint8_t *iso = make(&len, &at);
	struct archive *a = archive_read_new();
	struct archive_entry *entry;

	(void)state;
	archive_read_support_format_iso9660(a);
	assert_int_equal(archive_read_open_memory(a, iso, len), ARCHIVE_OK);
	expect_entry(a, ".", NULL, 0);
	expect_entry(a, "EFI", NULL, 0);
	expect_entry(a, "EFI/A", NULL, 0);
	expect_entry(a, "EFI/BOOT", NULL, 0);
	expect_entry(a, "EFI/BOOT/BOOTX64.EFI", big, sizeof(big));
	expect_entry(a, "NET.JSON", NET, sizeof(NET) - 1);
	expect_entry(a, "EFI/A/EMPTY.TXT", "", 0);
	assert_int_equal(archive_read_next_header(a, &entry), ARCHIVE_EOF);
	archive_read_free(a);
}

/* El Torito 1.0, section 2; UEFI 2.10, 13.3.2.1. */
static void test_boot_catalog(void **state)
{
	size_t len, at;
	_cleanup_free_ uint8_t *iso = make(&len, &at);
	uint32_t where;
	uint16_t sum = 0, sectors;
	const uint8_t *catalog;

	(void)state;
	assert_memory_equal(iso + 17 * 2048, "\0CD001\1EL TORITO SPECIFICATION\0\0\0\0\0\0\0\0\0", 39);
	memcpy(&where, iso + 17 * 2048 + 0x47, 4);
	catalog = iso + (size_t)where * 2048;
	assert_int_equal(catalog[0], 1);
	assert_int_equal(catalog[1], 0xef);
	assert_memory_equal(catalog + 30, "\x55\xaa", 2);
	for (unsigned i = 0; i < 32; i += 2)
		sum = (uint16_t)(sum + (catalog[i] | catalog[i + 1] << 8));
	assert_int_equal(sum, 0);
	assert_int_equal(catalog[32], 0x88);
	assert_int_equal(catalog[33], 0);
	memcpy(&sectors, catalog + 38, 2);
	memcpy(&where, catalog + 40, 4);
	assert_int_equal(sectors, 100);
	assert_int_equal((size_t)where * 2048, at);
	assert_memory_equal(iso + at, efi, sizeof(efi));
	assert_true(len - at >= sizeof(efi) && len - at < sizeof(efi) + 2048);
}

/* 32 MiB are one sector more than the field holds. */
static void test_a_large_boot_image_goes_to_the_end(void **state)
{
	_cleanup_free_ uint8_t *large = calloc(1, 32 << 20);
	_cleanup_free_ void *iso = NULL;
	struct iso_volume v = volume();
	struct err err = {0};
	size_t len, at;
	uint32_t catalog;

	(void)state;
	v.efi = large;
	v.efi_len = 32 << 20;
	assert_int_equal(iso_make(&v, &iso, &len, &at, &err), 0);
	memcpy(&catalog, (uint8_t *)iso + 17 * 2048 + 0x47, 4);
	assert_memory_equal((uint8_t *)iso + (size_t)catalog * 2048 + 38, "\0\0", 2);
	assert_int_equal(len - at, v.efi_len);
}

static void test_the_same_bytes_again(void **state)
{
	size_t len, at, len2, at2;
	_cleanup_free_ uint8_t *iso = make(&len, &at), *again = make(&len2, &at2);

	(void)state;
	assert_int_equal(len, len2);
	assert_memory_equal(iso, again, len);
}

static void test_names_that_are_not_written(void **state)
{
	static const char *const bad[] = {"net.json",
					  "NET",
					  "A/B",
					  "A//B.C",
					  "/A.B",
					  "A.B/C.D",
					  "A.B.C",
					  "",
					  "A-B.C",
					  "A/",
					  "../A.B",
					  "A.B ",
					  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.B"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct iso_file file = {bad[i], "x", 1};
		struct iso_volume v = volume();
		struct err err = {0};
		void *iso = NULL;
		size_t len, at;

		v.files = &file;
		v.n_files = 1;
		if (iso_make(&v, &iso, &len, &at, &err) != -EINVAL)
			fail_msg("\"%s\" was taken", bad[i]);
	}
}

/* ---- what we read ---- */

static int file_of(const uint8_t *iso, size_t len)
{
	int fd = memfd_create("iso", MFD_CLOEXEC);
	struct err err = {0};

	assert_true(fd >= 0);
	assert_int_equal(pwrite_full(fd, iso, len, 0, &err), 0);
	return fd;
}

static int read_it(const uint8_t *iso, size_t len, const char *label, const char *name, size_t limit)
{
	_cleanup_close_ int fd = file_of(iso, len);
	_cleanup_free_ char *text = NULL;
	struct err err = {0};
	size_t text_len = 0;
	int r = iso_read_file(fd, label, name, limit, &text, &text_len, &err);

	assert_int_equal(err.code, -r);
	if (r == 0) {
		assert_int_equal(text_len, sizeof(NET) - 1);
		assert_string_equal(text, NET);
	}
	return r;
}

static void test_one_file_is_read(void **state)
{
	size_t len, at;
	_cleanup_free_ uint8_t *iso = make(&len, &at);

	(void)state;
	assert_int_equal(read_it(iso, len, "REMINT", "NET.JSON", 100), 0);
	assert_int_equal(read_it(iso, len, "REMINT", "NET.JSON", sizeof(NET) - 2), -EFBIG);
	assert_int_equal(read_it(iso, len, "REMIN", "NET.JSON", 100), -ENODEV);
	assert_int_equal(read_it(iso, len, "REMINTS", "NET.JSON", 100), -ENODEV);
	assert_int_equal(read_it(iso, len, "REMINT", "NET.JSO", 100), -ENOENT);
	assert_int_equal(read_it(iso, len, "REMINT", "EFI", 100), -EBADMSG); /* a folder */
	assert_int_equal(read_it(iso, 30000, "REMINT", "NET.JSON", 100), -ENODEV);
	assert_int_equal(read_it(iso, 20 * 2048, "REMINT", "NET.JSON", 100), -EIO);
}

/* The root directory's block, and in it the record of NET.JSON. */
static uint8_t *record_of(uint8_t *iso, size_t len)
{
	uint8_t *name = memmem(iso, len, "NET.JSON;1", 10);

	assert_non_null(name);
	return name - sizeof(struct iso_record);
}

static void test_damage(void **state)
{
	static const struct {
		unsigned at;
		uint8_t value;
		int r;
	} damages[] = {
		{0, 20, -EBADMSG},   /* shorter than a record */
		{32, 200, -EBADMSG}, /* the name is longer than the record */
		{2, 99, -EBADMSG},   /* the two halves differ */
		{13, 1, -EBADMSG},   {25, 0x82, -EBADMSG}, {1, 1, -EBADMSG}, {33, 'M', -ENOENT},
	};
	size_t len, at;

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		_cleanup_free_ uint8_t *iso = make(&len, &at);

		record_of(iso, len)[damages[i].at] = damages[i].value;
		if (read_it(iso, len, "REMINT", "NET.JSON", 100) != damages[i].r)
			fail_msg("damage %zu", i);
	}
}

static void test_damaged_descriptor(void **state)
{
	size_t len, at;
	_cleanup_free_ uint8_t *iso = make(&len, &at);
	struct iso_primary *p = (void *)(iso + 16 * 2048);

	(void)state;
	p->block_size.le = 512;
	p->block_size.be = htobe16(512);
	assert_int_equal(read_it(iso, len, "REMINT", "NET.JSON", 100), -EBADMSG);
	p->block_size.le = 2048;
	p->block_size.be = htobe16(2048);
	p->root.size.le = 0xfffff800;
	p->root.size.be = htobe32(0xfffff800);
	assert_int_equal(read_it(iso, len, "REMINT", "NET.JSON", 100), -EBADMSG);
	p->root.size.le = 2048;
	p->root.size.be = htobe32(2048);
	p->root.extent.le = UINT32_MAX;
	p->root.extent.be = UINT32_MAX;
	assert_int_equal(read_it(iso, len, "REMINT", "NET.JSON", 100), -EIO);
}

static void test_a_name_that_is_there_twice(void **state)
{
	size_t len, at;
	_cleanup_free_ uint8_t *iso = make(&len, &at);
	uint8_t *record = record_of(iso, len);

	(void)state;
	memcpy(record + record[0], record, record[0]);
	assert_int_equal(read_it(iso, len, "REMINT", "NET.JSON", 100), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_libarchive_reads_it),
		cmocka_unit_test(test_boot_catalog),
		cmocka_unit_test(test_a_large_boot_image_goes_to_the_end),
		cmocka_unit_test(test_the_same_bytes_again),
		cmocka_unit_test(test_names_that_are_not_written),
		cmocka_unit_test(test_one_file_is_read),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_damaged_descriptor),
		cmocka_unit_test(test_a_name_that_is_there_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
