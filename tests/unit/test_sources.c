/* rooms: agent/pipeline images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Which source is asked: time is a number here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/pipeline/sources.h"

#define MS  UINT64_C(1000000)
#define SEC (1000 * MS)
#define MIB (UINT64_C(1) << 20)

static struct sources *s;
static uint64_t now;

static int set_up(void **state)
{
	(void)state;
	s = sources_new(3, &source_limits_default);
	now = 1000 * SEC;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	sources_free(s);
	return 0;
}

/* A transfer that takes so long and gives so much. */
static bool transfer(unsigned i, uint64_t ns, uint64_t bytes, enum source_end end, const char *why)
{
	struct source_use use;

	sources_start(s, i, &use, now);
	now += ns;
	use.bytes = bytes;
	use.progress = bytes > 0;
	return sources_end(s, i, &use, end, why, now);
}

static bool breaks(unsigned i)
{
	return transfer(i, MS, 0, SOURCE_BROKEN, "broke");
}

static void test_the_first_is_preferred(void **state)
{
	(void)state;
	assert_int_equal(sources_choose(s, 0, now), 0);
	assert_int_equal(sources_choose(s, 1, now), 1);
	assert_int_equal(sources_choose(s, 3, now), 2);
	assert_int_equal(sources_choose(s, 7, now), -1);
}

static void test_a_break_pauses_twice_as_long_each_time(void **state)
{
	uint64_t pause = 250 * MS;

	(void)state;
	for (unsigned n = 1; n < 12; n++) {
		assert_true(breaks(0) == (n % 4 == 1));
		assert_int_equal(sources_next(s, now), now + pause);
		assert_int_equal(sources_choose(s, 0, now), 1);
		now += pause;
		assert_int_equal(sources_choose(s, 0, now - 1), 1);
		assert_int_equal(sources_choose(s, 0, now), 0);
		pause = pause * 2 < 15 * SEC ? pause * 2 : 15 * SEC;
	}
	transfer(0, SEC, MIB, SOURCE_WHOLE, "");
	breaks(0);
	assert_int_equal(sources_next(s, now), now + 250 * MS);
}

static void test_one_event_counts_once(void **state)
{
	struct source_use use[4];

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		sources_start(s, 0, &use[i], now);
	now += SEC;
	for (unsigned i = 0; i < 4; i++)
		sources_end(s, 0, &use[i], SOURCE_BROKEN, "the server went away", now);
	assert_int_equal(sources_next(s, now), now + 250 * MS);
}

static void test_after_a_break_one_transfer_at_a_time(void **state)
{
	struct source_use use;

	(void)state;
	breaks(0);
	now += SEC;
	assert_int_equal(sources_choose(s, 0, now), 0);
	sources_start(s, 0, &use, now);
	assert_int_equal(sources_choose(s, 0, now), 1);
	assert_int_equal(sources_choose(s, 6, now), 0); /* but for want of another */
	use.bytes = MIB;
	sources_end(s, 0, &use, SOURCE_WHOLE, "", now + SEC);
	assert_int_equal(sources_choose(s, 0, now + SEC), 0);
}

static void test_wrong_answers_put_a_source_out(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 5; n++) {
		assert_false(sources_out(s, 0));
		transfer(0, MS, 0, SOURCE_WRONG, "HTTP status 404");
		now += 20 * SEC;
	}
	assert_true(sources_out(s, 0));
	assert_string_equal(sources_why(s, 0), "HTTP status 404");
	assert_int_equal(sources_choose(s, 0, now), 1);
	assert_int_equal(sources_choose(s, 6, now), -1);
	assert_false(sources_hope(s, 6));
}

static void test_progress_forgives_wrong_answers(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 20; n++) {
		transfer(0, MS, n % 4 ? 0 : MIB, SOURCE_WRONG, "too few bytes");
		now += 20 * SEC;
	}
	assert_false(sources_out(s, 0));
}

static void test_a_liar_is_the_last_resort(void **state)
{
	(void)state;
	sources_lied(s, 0, "chunk 3");
	assert_int_equal(sources_choose(s, 0, now), 1);
	assert_int_equal(sources_choose(s, 2, now), 2);
	assert_int_equal(sources_choose(s, 6, now), 0);
	breaks(1);
	breaks(2);
	assert_int_equal(sources_choose(s, 0, now), -1); /* an honest one will be back soon */
	for (unsigned n = 0; n < 3; n++) {
		breaks(1);
		breaks(2);
		now += 30 * SEC;
	}
	assert_int_equal(sources_choose(s, 0, now - 30 * SEC), 0); /* they have been away for long */
	assert_int_equal(sources_choose(s, 0, now), 1);
}

static enum source_verdict after(unsigned i, struct source_use *use, uint64_t ns, uint64_t bytes)
{
	now += ns;
	use->bytes += bytes;
	return sources_judge(s, i, use, now);
}

static void test_silence(void **state)
{
	struct source_use use;

	(void)state;
	sources_start(s, 0, &use, now);
	assert_int_equal(after(0, &use, 4 * SEC, 100 * MIB), SOURCE_GO_ON);
	assert_int_equal(after(0, &use, 4900 * MS, 0), SOURCE_GO_ON);
	assert_int_equal(after(0, &use, 100 * MS, 0), SOURCE_STALLED);
	sources_end(s, 0, &use, SOURCE_SLOW, "no byte", now);
	assert_int_equal(sources_choose(s, 0, now + 59 * SEC), 1);
	assert_int_equal(sources_choose(s, 0, now + 60 * SEC), 0);
	assert_int_equal(sources_choose(s, 6, now), 0);
}

static void test_silence_without_another(void **state)
{
	struct source_use use;

	(void)state;
	sources_lied(s, 1, "chunk 0"); /* a liar is no alternative */
	for (unsigned n = 0; n < 5; n++) {
		transfer(2, MS, 0, SOURCE_WRONG, "HTTP status 404");
		now += 20 * SEC;
	}
	sources_start(s, 0, &use, now);
	assert_int_equal(after(0, &use, 9900 * MS, 0), SOURCE_GO_ON);
	assert_int_equal(after(0, &use, 100 * MS, 0), SOURCE_STALLED);
}

static void test_an_unknown_source_is_explored_when_the_first_is_slow(void **state)
{
	struct source_use slow, quick;

	(void)state;
	sources_start(s, 0, &slow, now);
	assert_int_equal(after(0, &slow, 5 * SEC, MIB), SOURCE_EXPLORE);
	assert_int_equal(sources_choose(s, 0, now), 1);
	sources_start(s, 1, &quick, now);
	assert_int_equal(sources_choose(s, 0, now), 2); /* one transfer is enough to know */
	assert_int_equal(sources_choose(s, 4, now), 0);
	quick.bytes = 50 * MIB;
	sources_end(s, 1, &quick, SOURCE_WHOLE, "", now + SEC);
	now += SEC;
	assert_int_equal(after(0, &slow, 5 * SEC, MIB), SOURCE_TOO_SLOW);
	sources_end(s, 0, &slow, SOURCE_SLOW, "too slow", now);
	assert_int_equal(sources_choose(s, 0, now), 1);
}

static void test_a_tenth_of_the_best_is_fast_enough(void **state)
{
	struct source_use use;

	(void)state;
	transfer(1, SEC, 100 * MIB, SOURCE_WHOLE, "");
	assert_int_equal(sources_rate(s, 1), 100 * MIB);
	sources_start(s, 0, &use, now);
	assert_int_equal(after(0, &use, 5 * SEC, 51 * MIB), SOURCE_GO_ON);
	assert_int_equal(after(0, &use, 5 * SEC, 49 * MIB), SOURCE_TOO_SLOW);
	for (unsigned n = 0; n < 6; n++)
		breaks(1); /* who is away is no measure */
	assert_int_equal(after(0, &use, 5 * SEC, 49 * MIB), SOURCE_GO_ON);
}

static void test_short_transfers_say_nothing_about_the_rate(void **state)
{
	(void)state;
	transfer(0, SEC, 1000, SOURCE_WHOLE, "");
	assert_int_equal(sources_rate(s, 0), 0);
	transfer(0, 5 * SEC, 1000, SOURCE_WHOLE, "");
	assert_int_equal(sources_rate(s, 0), 200);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_the_first_is_preferred),
		T(test_a_break_pauses_twice_as_long_each_time),
		T(test_one_event_counts_once),
		T(test_after_a_break_one_transfer_at_a_time),
		T(test_wrong_answers_put_a_source_out),
		T(test_progress_forgives_wrong_answers),
		T(test_a_liar_is_the_last_resort),
		T(test_silence),
		T(test_silence_without_another),
		T(test_an_unknown_source_is_explored_when_the_first_is_slow),
		T(test_a_tenth_of_the_best_is_fast_enough),
		T(test_short_transfers_say_nothing_about_the_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
