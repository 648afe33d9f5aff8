/* rooms: redfish core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Procedures side by side on one thread: waiting, deadlines, stops, and what is shielded from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/io.h"
#include "core/time.h"
#include "redfish/loop.h"

struct worker {
	struct rf_loop *loop;
	unsigned ms, deadline, shield;
	int r, after;  /* of the wait; of one after it */
	uint64_t took; /* ms */
	struct err err;
	char *order; /* where it writes its letter when it is done */
	char letter;
	struct worker *spawns;
	bool alone; /* it stops when `stop_one` says so */
};

static bool stop, stop_one;

static bool asked(void *data)
{
	(void)data;
	return stop;
}

static bool asked_one(void *data)
{
	(void)data;
	return stop_one;
}

static uint64_t now_ms(void)
{
	return monotonic_ns() / 1000000;
}

static void work(void *data)
{
	struct worker *w = data;
	uint64_t begun = now_ms();
	char deep[64 * 1024]; /* of its own stack */

	memset(deep, w->letter, sizeof(deep));
	if (w->deadline)
		rf_deadline(w->loop, w->deadline);
	if (w->alone)
		rf_stop_when(w->loop, asked_one, NULL);
	if (w->spawns)
		assert_int_equal(rf_spawn(w->loop, work, w->spawns, &w->err), 0);
	if (w->shield)
		rf_shield(w->loop, w->shield);
	w->r = rf_sleep(w->loop, w->ms, &w->err);
	w->took = now_ms() - begun;
	if (w->shield)
		rf_unshield(w->loop);
	w->after = rf_sleep(w->loop, 0, &w->err);
	if (w->order)
		w->order[strlen(w->order)] = w->letter;
	for (size_t i = 0; i < sizeof(deep); i++)
		assert_int_equal(deep[i], w->letter);
}

static struct rf_loop *loop_of(void)
{
	struct rf_loop *loop;
	struct err err;

	assert_int_equal(rf_loop_new(&(struct rf_loop_options){.cancelled = asked}, &loop, &err), 0);
	stop = false;
	return loop;
}

static void run(struct worker *workers, unsigned n)
{
	_cleanup_(rf_loop_freep) struct rf_loop *loop = loop_of();
	struct err err;

	for (unsigned i = 0; i < n; i++) {
		workers[i].loop = loop;
		if (workers[i].spawns)
			workers[i].spawns->loop = loop;
		assert_int_equal(rf_spawn(loop, work, &workers[i], &err), 0);
	}
	assert_int_equal(rf_loop_run(loop, &err), 0);
}

static void test_waits_go_side_by_side(void **state)
{
	char order[8] = "";
	struct worker workers[] = {
		{.ms = 600, .order = order, .letter = 'c'},
		{.ms = 200, .order = order, .letter = 'a'},
		{.ms = 400, .order = order, .letter = 'b'},
	};
	uint64_t begun = now_ms();

	(void)state;
	run(workers, 3);
	assert_string_equal(order, "abc");
	assert_true(now_ms() - begun < 1150); /* one after the other would be 1200 */
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(workers[i].r, 0);
		assert_true(workers[i].took >= workers[i].ms);
	}
}

static void test_a_procedure_spawns_another(void **state)
{
	char order[8] = "";
	struct worker inner = {.ms = 1, .order = order, .letter = 'i'};
	struct worker outer = {.ms = 100, .order = order, .letter = 'o', .spawns = &inner};

	(void)state;
	run(&outer, 1);
	assert_string_equal(order, "io");
}

static void test_many(void **state)
{
	enum { N = 200 };
	struct worker *workers = xcalloc(N, sizeof(*workers));

	(void)state;
	for (unsigned i = 0; i < N; i++)
		workers[i].ms = 20;
	run(workers, N);
	for (unsigned i = 0; i < N; i++)
		assert_int_equal(workers[i].r, 0);
	free(workers);
}

static void test_a_deadline_ends_the_wait(void **state)
{
	struct worker w = {.ms = 60000, .deadline = 50};

	(void)state;
	run(&w, 1);
	assert_int_equal(w.r, -ETIMEDOUT);
	assert_int_equal(w.after, -ETIMEDOUT);
	assert_true(w.took >= 50 && w.took < 10000);
}

static void set_stop(void *data)
{
	(void)data;
	stop = true;
}

static void test_a_stop_ends_the_wait_but_not_a_shielded_one(void **state)
{
	_cleanup_(rf_loop_freep) struct rf_loop *loop = loop_of();
	struct worker open = {.loop = loop, .ms = 60000},
		      shielded = {.loop = loop, .ms = 400, .shield = 30000};
	struct err err;

	(void)state;
	assert_int_equal(rf_spawn(loop, work, &open, &err), 0);
	assert_int_equal(rf_spawn(loop, work, &shielded, &err), 0);
	assert_int_equal(rf_spawn(loop, set_stop, NULL, &err), 0);
	assert_int_equal(rf_loop_run(loop, &err), 0);
	assert_int_equal(open.r, -ECANCELED);
	assert_int_equal(shielded.r, 0);
	assert_true(shielded.took >= 400);
	assert_int_equal(shielded.after, -ECANCELED);
}

static void set_stop_one(void *data)
{
	(void)data;
	stop_one = true;
}

static void test_one_is_stopped_and_the_others_go_on(void **state)
{
	_cleanup_(rf_loop_freep) struct rf_loop *loop = loop_of();
	struct worker one = {.loop = loop, .ms = 60000, .alone = true},
		      shielded = {.loop = loop, .ms = 400, .shield = 30000, .alone = true},
		      other = {.loop = loop, .ms = 400};
	struct err err;

	(void)state;
	stop_one = false;
	assert_int_equal(rf_spawn(loop, work, &one, &err), 0);
	assert_int_equal(rf_spawn(loop, work, &shielded, &err), 0);
	assert_int_equal(rf_spawn(loop, work, &other, &err), 0);
	assert_int_equal(rf_spawn(loop, set_stop_one, NULL, &err), 0);
	assert_int_equal(rf_loop_run(loop, &err), 0);
	assert_int_equal(one.r, -ECANCELED);
	assert_int_equal(shielded.r, 0);
	assert_int_equal(shielded.after, -ECANCELED);
	assert_int_equal(other.r, 0);
	assert_int_equal(other.after, 0);
}

static void test_a_shield_breaks(void **state)
{
	struct worker w = {.ms = 60000, .deadline = 1, .shield = 100};

	(void)state;
	run(&w, 1);
	assert_int_equal(w.r, -ETIMEDOUT);
	assert_true(w.took >= 100 && w.took < 10000);
}

static void test_what_never_ran_is_freed(void **state)
{
	_cleanup_(rf_loop_freep) struct rf_loop *loop = loop_of();
	struct worker w = {.loop = loop};
	struct err err;

	(void)state;
	assert_int_equal(rf_spawn(loop, work, &w, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits_go_side_by_side),
		cmocka_unit_test(test_a_procedure_spawns_another),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_a_deadline_ends_the_wait),
		cmocka_unit_test(test_a_stop_ends_the_wait_but_not_a_shielded_one),
		cmocka_unit_test(test_one_is_stopped_and_the_others_go_on),
		cmocka_unit_test(test_a_shield_breaks),
		cmocka_unit_test(test_what_never_ran_is_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
