/* rooms: tests/fakes agent/steps images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The seed volume, judged by libblkid and read by libarchive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <archive.h>
#include <archive_entry.h>
#include <blkid/blkid.h>
#include <cmocka.h>

#include "agent/steps/seed.h"
#include "core/io.h"

static void assert_blkid(const void *volume, const char *key, const char *expected)
{
	_cleanup_close_ int fd = memfd_create("seed", 0);
	blkid_probe probe = blkid_new_probe();
	const char *value = NULL;
	struct err err = {0};

	assert_int_equal(pwrite_full(fd, volume, SEED_SIZE, 0, &err), 0);
	assert_int_equal(blkid_probe_set_device(probe, fd, 0, 0), 0);
	blkid_probe_enable_superblocks(probe, 1);
	assert_int_equal(blkid_do_safeprobe(probe), 0);
	assert_int_equal(blkid_probe_lookup_value(probe, key, &value, NULL), 0);
	assert_string_equal(value, expected);
	blkid_free_probe(probe);
}

/* "name=text\n" for each file of the volume. */
static char *contents(const void *volume)
{
	struct archive *a = archive_read_new();
	char *text = calloc(1, 4096);
	struct archive_entry *entry;

	assert_int_equal(archive_read_support_format_iso9660(a), ARCHIVE_OK);
	assert_int_equal(archive_read_open_memory(a, volume, SEED_SIZE), ARCHIVE_OK);
	while (archive_read_next_header(a, &entry) == ARCHIVE_OK) {
		char buf[256] = "";

		if (archive_entry_filetype(entry) != AE_IFREG)
			continue;
		assert_true(archive_read_data(a, buf, sizeof(buf) - 1) >= 0);
		snprintf(text + strlen(text), 4096 - strlen(text), "%s=%s\n", archive_entry_pathname(entry),
			 buf);
	}
	archive_read_free(a);
	return text;
}

static void test_volume(void **state)
{
	const struct seed_file files[] = {{"meta-data", "instance-id: o-1\n"},
					  {"user-data", "#cloud-config\n"},
					  {"network-config", NULL}};
	_cleanup_free_ void *volume = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(seed_make(files, 3, 512, &volume, &err), 0);
	assert_blkid(volume, "TYPE", "iso9660");
	assert_blkid(volume, "LABEL", "cidata");
	text = contents(volume);
	assert_non_null(strstr(text, "meta-data=instance-id: o-1\n"));
	assert_non_null(strstr(text, "user-data=#cloud-config\n"));
	assert_null(strstr(text, "network-config"));
}

static void test_empty_files_and_all_three(void **state)
{
	const struct seed_file files[] = {
		{"meta-data", ""}, {"user-data", ""}, {"network-config", "version: 2\n"}};
	_cleanup_free_ void *volume = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(seed_make(files, 3, 512, &volume, &err), 0);
	text = contents(volume);
	assert_non_null(strstr(text, "meta-data=\n"));
	assert_non_null(strstr(text, "network-config=version: 2\n"));
}

static void test_too_much(void **state)
{
	_cleanup_free_ char *text = calloc(1, SEED_SIZE + 1);
	const struct seed_file file = {"user-data", text};
	_cleanup_free_ void *volume = NULL;
	struct err err = {0};

	(void)state;
	memset(text, 'x', SEED_SIZE);
	assert_int_equal(seed_make(&file, 1, 512, &volume, &err), -EFBIG);
	assert_null(volume);
	assert_int_equal(seed_make(&file, 1, 4096, &volume, &err), -EFBIG);
	text[SEED_SIZE - 8 * 4096] = '\0';
	assert_int_equal(seed_make(&file, 1, 4096, &volume, &err), 0);
}

/* fsck.fat finds nothing to say, and mtools reads what was put in. */
static void test_fat(void **state)
{
	const struct seed_file files[] = {
		{"meta-data", ""}, {"user-data", NULL}, {"network-config", "version: 2\n"}};
	_cleanup_free_ char *text = calloc(1, 300001);
	struct seed_file all[3] = {files[0], {"user-data", text}, files[2]};
	char path[] = "/tmp/remint-seed-XXXXXX", command[256], seen[64] = "";
	_cleanup_free_ void *volume = NULL;
	_cleanup_free_ char *back = calloc(1, 300002);
	struct err err = {0};
	int fd = mkstemp(path);
	FILE *f;

	(void)state;
	for (unsigned i = 0; i < 300000; i++)
		text[i] = (char)('a' + i * 7 / 4096 % 26);
	assert_int_equal(seed_make(all, 3, 4096, &volume, &err), 0);
	assert_blkid(volume, "TYPE", "vfat");
	assert_blkid(volume, "LABEL", "CIDATA");
	assert_int_equal(pwrite_full(fd, volume, SEED_SIZE, 0, &err), 0);
	close(fd);
	snprintf(command, sizeof(command), "PATH=$PATH:/sbin:/usr/sbin; fsck.fat -n %s >&2", path);
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof(command), "mtype -i %s ::user-data", path);
	f = popen(command, "r");
	assert_int_equal(fread(back, 1, 300002, f), 300000);
	assert_int_equal(pclose(f), 0);
	assert_string_equal(back, text);
	snprintf(command, sizeof(command), "mtype -i %s ::network-config", path);
	f = popen(command, "r");
	assert_true(fread(seen, 1, sizeof(seen) - 1, f) > 0);
	assert_int_equal(pclose(f), 0);
	assert_string_equal(seen, "version: 2\n");
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_volume),
		cmocka_unit_test(test_empty_files_and_all_three),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_fat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
