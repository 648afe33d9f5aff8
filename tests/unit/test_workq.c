/* rooms: core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdatomic.h>

#include "core/io.h"
#include "core/workq.h"

static atomic_int ran, dropped;

static int run_item(void *item, struct err *err)
{
	_cleanup_free_ int *n = item;

	atomic_fetch_add(&ran, 1);
	return *n < 0 ? err_set(err, EBADMSG, "item %d", *n) : 0;
}

static void drop_item(void *item)
{
	atomic_fetch_add(&dropped, 1);
	free(item);
}

static int *item(int n)
{
	int *p = xcalloc(1, sizeof(*p));

	*p = n;
	return p;
}

static struct workq *make(unsigned threads, unsigned depth)
{
	struct workq *q = NULL;
	struct err err = {0};

	atomic_store(&ran, 0);
	atomic_store(&dropped, 0);
	assert_int_equal(workq_new(threads, depth, run_item, drop_item, &q, &err), 0);
	return q;
}

static void test_all_run(void **state)
{
	struct workq *q = make(4, 3);
	struct err err = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(workq_add(q, item(i)), 0);
	assert_int_equal(workq_finish(q, &err), 0);
	assert_int_equal(atomic_load(&ran), 1000);
	assert_int_equal(atomic_load(&dropped), 0);
}

static void test_first_failure_cancels(void **state)
{
	struct workq *q = make(2, 2);
	struct err err = {0};
	int added = 0, r = 0;

	(void)state;
	for (int i = 0; i < 100000 && !r; i++) {
		r = workq_add(q, item(i == 50 ? -50 : i));
		added++;
	}
	assert_int_equal(r, -ECANCELED);
	assert_int_equal(workq_finish(q, &err), -EBADMSG);
	assert_string_equal(err.text, "item -50");
	assert_int_equal(atomic_load(&ran) + atomic_load(&dropped), added);
}

static void test_cancel(void **state)
{
	struct workq *q = make(1, 1);
	struct err err = {0};

	(void)state;
	workq_cancel(q);
	assert_int_equal(workq_add(q, item(1)), -ECANCELED);
	assert_int_equal(workq_finish(q, &err), -ECANCELED);
	assert_int_equal(atomic_load(&ran), 0);
	assert_int_equal(atomic_load(&dropped), 1);
}

static void test_empty(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(workq_finish(make(0, 0), &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_run),
		cmocka_unit_test(test_first_failure_cancels),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
