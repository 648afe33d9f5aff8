/* rooms: cli protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The live view's rows: states, progress, rate, and text from a node that must not reach the terminal raw. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "cli/watch/view.h"
#include "core/json.h"

#define SECOND 1000000000ull

static void order(struct watch_view *view, const char *id, const char *state, const char *reason,
		  const char *wanted)
{
	_cleanup_json_ json_t *json = json_pack("{s:s, s:s, s:s, s:s}", "id", id, "node", "node1", "state",
						state, "reason", reason);

	watch_order(view, json, wanted);
}

static void event(struct watch_view *view, const char *kind, const char *step, json_int_t done,
		  json_int_t total, uint64_t at)
{
	_cleanup_json_ json_t *json = json_pack("{s:s, s:s, s:s, s:I, s:I}", "order", "o-1", "kind", kind,
						"step", step, "done", done, "total", total);

	watch_event(view, json, at);
}

static void test_rows_follow_orders(void **state)
{
	static struct watch_view view;

	(void)state;
	memset(&view, 0, sizeof(view));
	order(&view, "o-0", "live", "", NULL);
	assert_int_equal(view.n_rows, 0);
	order(&view, "o-1", "pending", "", NULL);
	order(&view, "o-1", "held", "wipe: \033[2Jdrive gone", NULL);
	assert_int_equal(view.n_rows, 1);
	assert_string_equal(view.rows[0].state, "held");
	assert_string_equal(view.rows[0].reason, "wipe: ?[2Jdrive gone");
	assert_true(watch_ended(view.rows[0].state));
	order(&view, "o-2", "cancelled", "", "o-2");
	assert_non_null(watch_find(&view, "o-2"));
}

static void test_progress_gives_a_rate(void **state)
{
	static struct watch_view view;

	(void)state;
	memset(&view, 0, sizeof(view));
	order(&view, "o-1", "running", "", NULL);
	event(&view, "step-begun", "write", 0, 0, SECOND);
	event(&view, "progress", "write", 1000, 100000, 2 * SECOND);
	assert_true(view.rows[0].rate.bytes_s == 0);
	event(&view, "progress", "write", 5000, 100000, 4 * SECOND);
	assert_true(view.rows[0].rate.bytes_s > 1999 && view.rows[0].rate.bytes_s < 2001);
	event(&view, "step-begun", "efi", 0, 0, 5 * SECOND);
	assert_string_equal(view.rows[0].step, "efi");
	assert_int_equal(view.rows[0].rate.total, 0);
}

static void test_events_of_others_are_left_alone(void **state)
{
	static struct watch_view view;

	(void)state;
	memset(&view, 0, sizeof(view));
	event(&view, "progress", "write", 1, 2, SECOND);
	assert_int_equal(view.n_rows, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_follow_orders),
		cmocka_unit_test(test_progress_gives_a_rate),
		cmocka_unit_test(test_events_of_others_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
