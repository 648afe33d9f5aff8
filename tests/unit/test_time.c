/* rooms: core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "core/time.h"
#include <cmocka.h>

static void test_round_trip(void **state)
{
	static const time_t times[] = {0, 951782400, 1795381261, 4102444799, 253402300799};
	char text[TIME_TEXT_SIZE];
	time_t back;

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		time_format(times[i], text);
		assert_int_equal(time_parse(text, &back), 0);
		assert_true(back == times[i]);
	}
	time_format(951782400, text);
	assert_string_equal(text, "2000-02-29T00:00:00Z");
	time_format(253402300800, text); /* year 10000 */
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	time_format(-1, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"2026-11-22",
		"2026-11-22T21:00:00",
		"2026-11-22T21:00:00z",
		"2026-11-22 21:00:00Z",
		"2026-02-29T00:00:00Z",
		"2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-01-00T00:00:00Z",
		"2026-01-01T24:00:00Z",
		"2026-01-01T00:60:00Z",
		"2026-01-01T00:00:60Z",
		"1969-12-31T23:59:59Z",
		"2026-11-22T21:00:00ZZ",
		"2026-11-22T21:00:00.5Z",
		"+026-11-22T21:00:00Z",
		"2026-1 -22T21:00:00Z",
		"2026-11-22T21:00:00+00",
		"99999-01-01T00:00:00Z",
	};
	time_t t = 5;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(time_parse(bad[i], &t), -EBADMSG);
	assert_true(t == 5);
}

static void test_monotonic(void **state)
{
	uint64_t before = monotonic_ns();

	(void)state;
	assert_true(monotonic_ns() >= before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_monotonic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
