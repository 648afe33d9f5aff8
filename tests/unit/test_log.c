/* rooms: core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/log.h"

static void test_ring_keeps_the_newest(void **state)
{
	size_t len;

	(void)state;
	log_set_level(LOG_INFO);
	assert_int_equal(log_ring_enable(200), 0);
	for (int i = 0; i < 50; i++)
		log_info("line %d", i);
	log_debug("not at this level");
	_cleanup_free_ char *copy = log_ring_copy(&len);
	assert_non_null(copy);
	assert_true(len <= 200);
	assert_int_equal(strlen(copy), len);
	assert_memory_equal(copy + len - 8, "line 49\n", 8);
	assert_memory_equal(copy, "20", 2); /* whole lines, which begin with a year */
	assert_null(strstr(copy, "line 1\n"));
	assert_null(strstr(copy, "level"));
	assert_int_equal(log_ring_enable(0), 0);
}

static void test_control_characters(void **state)
{
	size_t len;

	(void)state;
	assert_int_equal(log_ring_enable(4096), 0);
	log_warn("serial \"A\n2026-01-01T00:00:00Z forged\x7f\"");
	_cleanup_free_ char *copy = log_ring_copy(&len);
	assert_non_null(strstr(copy, "warning: serial \"A\\x0a2026"));
	assert_non_null(strstr(copy, "forged\\x7f"));
	assert_ptr_equal(strchr(copy, '\n'), copy + len - 1);
	assert_int_equal(log_ring_enable(0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ring_keeps_the_newest),
		cmocka_unit_test(test_control_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
