/* rooms: agent/gpu agent/hw protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Children that hang, crash, speak nonsense or too much; and one that does as it should. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "agent/gpu/child.h"
#include "core/io.h"
#include "core/time.h"

#define PARENT 3 /* the child's way to its parent */

static struct {
	unsigned asked, cancel_after;
	uint64_t done, total; /* the last progress */
} seen;
static struct err err;
static json_t *result;

static bool cancelled(void *data)
{
	(void)data;
	return ++seen.asked == seen.cancel_after;
}

static void progress(void *data, uint64_t done, uint64_t total)
{
	(void)data;
	seen.done = done;
	seen.total = total;
}

typedef int run_fn(const struct gpu_task *task, void (*tell)(void *data, uint64_t done, uint64_t total),
		   void *data, json_t **ret, struct err *e);

static int run(run_fn *fn, unsigned patience_s)
{
	const struct gpu_watch watch = {.cancelled = cancelled, .progress = progress};
	const struct gpu_task task = {
		.what = "its test", .deadline_s = patience_s ? 60 : 1, .patience_s = patience_s, .run = fn};

	seen.asked = 0;
	seen.done = seen.total = 0;
	json_decref(result);
	result = NULL;
	err = (struct err){0};
	return gpu_child_run(&task, &watch, &result, &err);
}

#define CHILD(name)                                                                                        \
	static int name(const struct gpu_task *task,                                                       \
			void (*tell)(void *data, uint64_t done, uint64_t total), void *data, json_t **ret, \
			struct err *e)

/* Some of what a child is given, each uses but a part. */
#define UNUSED (void)task, (void)tell, (void)data, (void)ret, (void)e

CHILD(answers)
{
	UNUSED;
	tell(data, 3, 10);
	*ret = json_pack("{ss sb}", "model", "H100", "alone", fcntl(PARENT + 1, F_GETFD) < 0);
	return 0;
}

CHILD(fails)
{
	UNUSED;
	return err_set(e, ENOTSUP, "no \x01 such call");
}

CHILD(hangs)
{
	UNUSED;
	while (pause() < 0)
		continue;
	return 0;
}

CHILD(crashes)
{
	UNUSED;
	signal(SIGSEGV, SIG_DFL); /* the sanitizer's handler would tell of it at length */
	raise(SIGSEGV);
	return 0;
}

CHILD(leaves)
{
	UNUSED;
	_exit(7);
}

static void speak(const char *text)
{
	if (write(PARENT, text, strlen(text)) < 0)
		_exit(9);
}

CHILD(speaks_nonsense)
{
	UNUSED;
	speak("{\"result\": \xff}\n");
	pause();
	return 0;
}

CHILD(lies_about_progress)
{
	UNUSED;
	speak("{\"progress\":[11,10]}\n");
	pause();
	return 0;
}

CHILD(speaks_twice)
{
	UNUSED;
	speak("{\"result\":{}}\n");
	*ret = json_object();
	return 0;
}

CHILD(answers_with_a_list)
{
	UNUSED;
	speak("{\"result\":[1]}\n");
	_exit(0);
}

CHILD(speaks_without_end)
{
	static char line[GPU_LINE_MAX];

	UNUSED;
	memset(line, ' ', sizeof(line));
	while (write(PARENT, line, sizeof(line)) > 0)
		continue;
	return 0;
}

static void an_answer_comes_back(void **state)
{
	(void)state;
	assert_int_equal(run(answers, 0), 0);
	assert_string_equal(json_string_value(json_object_get(result, "model")), "H100");
	assert_true(
		json_is_true(json_object_get(result, "alone"))); /* nothing of the parent's is open in it */
	assert_int_equal(seen.done, 3);
	assert_int_equal(seen.total, 10);
}

static void an_error_comes_back_and_is_cleaned(void **state)
{
	(void)state;
	assert_int_equal(run(fails, 0), -ENOTSUP);
	assert_string_equal(err.text, "its test: no   such call");
}

static void a_hang_ends_at_the_deadline(void **state)
{
	uint64_t begun = monotonic_ns();

	(void)state;
	assert_int_equal(run(hangs, 0), -ETIMEDOUT);
	assert_string_equal(err.text, "its test: no answer within 1 s; its process was stopped");
	assert_true(monotonic_ns() - begun < 3000000000ull);
	assert_true(seen.asked >= 4); /* the runner knows that we are alive */
}

static void a_hang_ends_when_nothing_is_heard(void **state)
{
	(void)state;
	assert_int_equal(run(hangs, 1), -ETIMEDOUT);
	assert_string_equal(err.text, "its test: no progress for 1 s; its process was stopped");
}

static void cancelling_ends_it(void **state)
{
	(void)state;
	seen.cancel_after = 2;
	assert_int_equal(run(hangs, 0), -ECANCELED);
	seen.cancel_after = 0;
}

static void what_makes_no_sense_is_refused(void **state)
{
	static const struct {
		run_fn *fn;
		const char *says;
	} bad[] = {
		{crashes, "its process crashed: Segmentation fault (signal 11)"},
		{leaves, "its process ended with status 7 and no answer"},
		{speaks_nonsense, "spoke nonsense; its process was stopped"},
		{lies_about_progress, "spoke nonsense"},
		{speaks_twice, "spoke nonsense"},
		{answers_with_a_list, "spoke nonsense"},
		{speaks_without_end, "spoke a line without end"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(run(bad[i].fn, 0), -EPROTO);
		if (!strstr(err.text, bad[i].says))
			fail_msg("%zu: %s", i, err.text);
		assert_null(result);
	}
}

int main(void)
{
	const struct rlimit none = {0};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_comes_back),
		cmocka_unit_test(an_error_comes_back_and_is_cleaned),
		cmocka_unit_test(a_hang_ends_at_the_deadline),
		cmocka_unit_test(a_hang_ends_when_nothing_is_heard),
		cmocka_unit_test(cancelling_ends_it),
		cmocka_unit_test(what_makes_no_sense_is_refused),
	};
	int failed;

	setrlimit(RLIMIT_CORE, &none);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	json_decref(result);
	return failed;
}
