/* rooms: agent core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The clock's rules; clock_settime() is this file's, so that the machine that tests keeps its time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/clock.h"

static time_t was_set;
static int answer;

int clock_settime(clockid_t id, const struct timespec *ts)
{
	assert_int_equal(id, CLOCK_REALTIME);
	was_set = ts->tv_sec;
	errno = answer;
	return answer ? -1 : 0;
}

static struct err err;

static void test_floor_moves_forward_alone(void **state)
{
	time_t now = time(NULL);

	(void)state;
	was_set = 0;
	assert_int_equal(clock_floor(now - 1000, &err), 0);
	assert_int_equal(was_set, 0);
	assert_int_equal(clock_floor(now + 100000, &err), 0);
	assert_int_equal(was_set, now + 100000);
	answer = EPERM;
	assert_int_equal(clock_floor(now + 100000, &err), -EPERM);
	answer = 0;
}

static void test_the_stations_time(void **state)
{
	time_t now = time(NULL);

	(void)state;
	assert_int_equal(clock_floor(now - 1000, &err), 0);
	was_set = 0;
	assert_int_equal(clock_set(now - 1001, &err), -EINVAL);
	assert_non_null(strstr(err.text, "station's clock"));
	assert_int_equal(was_set, 0);
	assert_int_equal(clock_set(now - 900, &err), 0);
	assert_int_equal(was_set, now - 900);
	assert_int_equal(clock_set(now + 86400, &err), 0);
	assert_int_equal(was_set, now + 86400);
	answer = EPERM;
	assert_int_equal(clock_set(now + 86400, &err), -EPERM);
	answer = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_floor_moves_forward_alone),
		cmocka_unit_test(test_the_stations_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
