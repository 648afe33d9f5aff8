/* rooms: agent/hw core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The superblock of metadata 1.0, by its own rules and by mdadm's eyes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>

#include "agent/hw/block/md.h"
#include "core/io.h"

#define MDADM       "/usr/sbin/mdadm"
#define MEMBER_SIZE (UINT64_C(64) << 20)

static const struct md_array array = {
	.uuid = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc,
		 0xfe},
	.name = "root",
	.n_members = 2,
	.size = UINT64_C(63) << 20,
	.created = 1700000000,
};

static void test_places(void **state)
{
	(void)state;
	assert_int_equal(md_superblock_offset(MEMBER_SIZE), MEMBER_SIZE - 8192);
	/* Down to 4 KiB, and 16 blocks at least before the end. */
	assert_int_equal(md_superblock_offset(MEMBER_SIZE + 512), MEMBER_SIZE - 8192);
	assert_int_equal(md_superblock_offset(MEMBER_SIZE + 4096), MEMBER_SIZE - 4096);
	assert_int_equal(md_superblock_offset(MEMBER_SIZE + 4095), MEMBER_SIZE - 8192);
	assert_int_equal(md_array_size(MEMBER_SIZE), UINT64_C(63) << 20);
	assert_int_equal(md_array_size(MEMBER_SIZE + (1 << 20) - 1), UINT64_C(64) << 20);
	assert_int_equal(md_array_size(4096), 0);
}

/* What mdadm says of a member, "MD_..." a line; NULL without mdadm. */
static char *examine(unsigned member, uint32_t missing, bool damaged, const char *how)
{
	char path[] = "/tmp/remint-md-XXXXXX", superblock[MD_SUPERBLOCK_SIZE];
	_cleanup_close_ int fd = mkstemp(path);
	_cleanup_free_ char *command = NULL;
	char *text = xcalloc(1, 8192);
	struct err err;
	FILE *out;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)MEMBER_SIZE), 0);
	md_superblock_make(&array, member, MEMBER_SIZE, missing, superblock);
	superblock[40] ^= damaged;
	assert_int_equal(
		pwrite_full(fd, superblock, sizeof(superblock), md_superblock_offset(MEMBER_SIZE), &err), 0);
	command = str_printf("LC_ALL=C " MDADM " --examine %s %s 2>&1", how, path);
	out = popen(command, "r");
	assert_non_null(out);
	assert_true(fread(text, 1, 8191, out) > 0);
	pclose(out);
	unlink(path);
	return text;
}

static void assert_says(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("mdadm does not say \"%s\" but:\n%s", what, text);
}

static void test_mdadm(void **state)
{
	(void)state;
	if (access(MDADM, X_OK) < 0)
		skip(); /* package mdadm */
	for (unsigned member = 0; member < 2; member++) {
		_cleanup_free_ char *export = examine(member, 0, false, "--export"),
				    *text = examine(member, 0, false, "");
		char role[64];

		assert_says(export, "MD_LEVEL=raid1\n");
		assert_says(export, "MD_DEVICES=2\n");
		assert_says(export, "MD_NAME=root\n");
		assert_says(export, "MD_UUID=01234567:89abcdef:10325476:98badcfe\n");
		assert_says(text, "Version : 1.0\n");
		assert_says(text, "State : clean\n");
		assert_says(text, " - correct\n");
		assert_says(text, "Avail Dev Size : 129024 sectors");
		assert_says(text, "Array State : AA ");
		snprintf(role, sizeof(role), "Device Role : Active device %u\n", member);
		assert_says(text, role);
	}
}

static void test_mdadm_missing(void **state)
{
	_cleanup_free_ char *text = NULL, *damaged = NULL;

	(void)state;
	if (access(MDADM, X_OK) < 0)
		skip(); /* package mdadm */
	text = examine(0, 1u << 1, false, "");
	assert_says(text, "Array State : A. ");
	assert_says(text, "Device Role : Active device 0\n");
	/* The examination can fail. */
	damaged = examine(0, 0, true, "");
	assert_null(strstr(damaged, " - correct\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_mdadm),
		cmocka_unit_test(test_mdadm_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
