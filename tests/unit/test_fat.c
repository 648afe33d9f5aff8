/* rooms: images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes with folders, judged by fsck.fat and read by mtools; FAT12 is test_seed.c's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>

#include "core/io.h"
#include "images/fat.h"

#define MIB (1u << 20)

static struct fat_format format(uint64_t size, uint32_t per_cluster)
{
	return (struct fat_format){.label = "REMINT",
				   .size = size,
				   .sector = 512,
				   .per_cluster = per_cluster,
				   .root_entries = 64};
}

static int run(const char *command)
{
	_cleanup_free_ char *line = str_printf("PATH=$PATH:/sbin:/usr/sbin; %s", command);

	return system(line);
}

static void test_folders_and_long_names(void **state)
{
	const struct fat_format f = format(64 * MIB, 4);
	_cleanup_free_ char *big = xcalloc(1, 3000001), *command = NULL, *volume = xcalloc(1, f.size);
	const struct fat_file files[] = {
		{"EFI/BOOT/BOOTX64.EFI", big, 3000000, false},
		{"order.json", "{}\n", 3, false},
		{"order.json.p7s", "sig", 3, true},
		{"empty-file-with-a-long-name.text", "", 0, false},
		{"EFI/second.txt", "second", 6, false},
		{"README", "read me", 7, false},
	};
	char path[] = "/tmp/remint-fat-XXXXXX";
	struct err err = {0};
	int fd = mkstemp(path);

	(void)state;
	for (unsigned i = 0; i < 3000000; i++)
		big[i] = (char)('a' + i * 7 / 4096 % 26);
	if (fat_fill(&f, files, sizeof(files) / sizeof(files[0]), (uint8_t *)volume, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(pwrite_full(fd, volume, f.size, 0, &err), 0);
	command = str_printf("fsck.fat -nv %s | grep -q '16 bit entries' && fsck.fat -n %s >&2 &&"
			     " test \"$(mtype -i %s ::order.json)\" = '{}' &&"
			     " test \"$(mtype -i %s ::EFI/second.txt)\" = second &&"
			     " test \"$(mtype -i %s ::README)\" = 'read me' &&"
			     " mdir -b -i %s ::/ | grep -q empty-file-with-a-long-name.text &&"
			     " test \"$(mtype -i %s ::EFI/BOOT/BOOTX64.EFI | wc -c)\" = 3000000",
			     path, path, path, path, path, path, path);
	assert_int_equal(run(command), 0);
	close(fd);
	unlink(path);
}

static void test_refused(void **state)
{
	const struct fat_format small = format(MIB, 1), neither = format(64 * MIB, 1);
	static const char *const names[] = {
		"",      "a:b",
		"a/",    "d1/d2/d3/d4/d5/d6/d7/d8/file",
		"a/b*c", "a-path-of-more-than-the-sixty-three-bytes-that-there-is-place-for.text"};
	_cleanup_free_ uint8_t *volume = xcalloc(1, 64 * MIB);
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct fat_file file = {names[i], "x", 1, false};

		memset(volume, 0, MIB);
		if (fat_fill(&small, &file, 1, volume, &err) != -EINVAL)
			fail_msg("\"%s\" is taken", names[i]);
	}
	assert_int_equal(fat_fill(&neither, NULL, 0, volume, &err), -EINVAL); /* 131072 clusters */
}

static void test_full(void **state)
{
	const struct fat_format f = format(MIB, 1);
	_cleanup_free_ uint8_t *volume = xcalloc(1, MIB);
	_cleanup_free_ char *big = xcalloc(1, MIB);
	const struct fat_file too_big = {"BIG", big, MIB, false};
	struct fat_file many[80];
	char names[80][8];
	struct err err = {0};

	(void)state;
	assert_int_equal(fat_fill(&f, &too_big, 1, volume, &err), -EFBIG);
	memset(volume, 0, MIB);
	for (unsigned i = 0; i < 80; i++) {
		snprintf(names[i], sizeof(names[i]), "F%u", i);
		many[i] = (struct fat_file){names[i], "x", 1, false};
	}
	assert_int_equal(fat_fill(&f, many, 63, volume, &err), 0); /* and the label */
	memset(volume, 0, MIB);
	assert_int_equal(fat_fill(&f, many, 64, volume, &err), -EFBIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_folders_and_long_names),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
