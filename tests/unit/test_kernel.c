/* rooms: images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Which files pass for a kernel that kexec takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "images/kernel.h"

/* As Linux 6.1 for x86_64 begins, where it matters: boot protocol 2.15, bzImage, 64 bits, 2047 characters. */
static void make_x86(uint8_t head[KERNEL_HEAD])
{
	memset(head, 0xa5, KERNEL_HEAD);
	memcpy(head + 0x1fe, "\x55\xaa", 2);
	memcpy(head + 0x202, "HdrS\x0f\x02", 6);
	head[0x211] = 0x01;
	memcpy(head + 0x236, "\x3f\0\xff\x07\0\0", 6);
}

static void test_x86(void **state)
{
	static const struct {
		size_t at;
		const char *bytes;
		size_t n;
		const char *says;
	} cases[] = {
		{0x1fe, "\x55\xab", 2, "bzImage"},      {0x202, "HdrT", 4, "bzImage"},
		{0x206, "\x0b\x02", 2, "is 2.11"},      {0x206, "\x04\x01", 2, "is 1.04"},
		{0x211, "\x80", 1, "64-bit"},           {0x236, "\x3e", 1, "64-bit"},
		{0x236, "\x3d", 1, "64-bit"},           {0x238, "\x07\0\0\0", 4, "fewer than 7"},
		{0x238, "\0\0\0\0", 4, "fewer than 0"},
	};
	uint8_t head[KERNEL_HEAD];
	struct err err = {0};

	(void)state;
	make_x86(head);
	assert_int_equal(kernel_check(head, sizeof(head), "x86_64", "root=/a", &err), 0);
	memcpy(head + 0x238, "\x08\0\0\0", 4);
	assert_int_equal(kernel_check(head, sizeof(head), "x86_64", "root=/a", &err), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make_x86(head);
		memcpy(head + cases[i].at, cases[i].bytes, cases[i].n);
		assert_int_equal(kernel_check(head, sizeof(head), "x86_64", "root=/a", &err), -EINVAL);
		if (!strstr(err.text, cases[i].says))
			fail_msg("%zu: \"%s\"", i, err.text);
	}
	make_x86(head);
	assert_int_equal(kernel_check(head, sizeof(head) - 1, "x86_64", "a", &err), -EINVAL);
	assert_int_equal(kernel_check(head, sizeof(head), "aarch64", "a", &err), -EINVAL);
	assert_int_equal(kernel_check(head, 0, "x86_64", "a", &err), -EINVAL);
}

static void test_aarch64(void **state)
{
	uint8_t head[KERNEL_HEAD] = "MZ";
	struct err err = {0};

	(void)state;
	memcpy(head + 56, "ARMd", 4);
	assert_int_equal(kernel_check(head, sizeof(head), "aarch64", "a", &err), 0);
	assert_int_equal(kernel_check(head, sizeof(head), "x86_64", "a", &err), -EINVAL);
	memcpy(head, "\x1f\x8b", 2);
	head[57] = 'r';
	assert_int_equal(kernel_check(head, sizeof(head), "aarch64", "a", &err), -EINVAL);
	assert_non_null(strstr(err.text, "decompressed"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x86),
		cmocka_unit_test(test_aarch64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
