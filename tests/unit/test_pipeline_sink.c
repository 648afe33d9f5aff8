/* rooms: tests/fakes agent/pipeline agent/hw images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The pipeline into one taker: all chunks, in rising order, from one thread; a taker that fails, one that is slow when it is cancelled. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/pipeline/pipeline.h"
#include "tests/fakes/payload.h"
#include "tests/fakes/range_server.h"

enum { CHUNK = 64 << 10, CHUNKS = 120, TAIL = 4096, SIZE = (CHUNKS - 1) * CHUNK + TAIL };

static struct {
	struct payload payload;
	struct range_server *server;
	struct pipeline_source source;
	struct pipeline_job job;
	struct pipeline_result result;
	uint8_t *got;
	size_t len, fail_at, stay_at;
	pthread_t taker;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool arrived, cancel; /* with lock held */
} t;

static bool cancelled(void *data)
{
	bool cancel;

	(void)data;
	pthread_mutex_lock(&t.lock);
	cancel = t.cancel = t.arrived;
	pthread_cond_signal(&t.cond);
	pthread_mutex_unlock(&t.lock);
	return cancel;
}

/* Until the attending thread has been told to cancel. */
static void stay(void)
{
	pthread_mutex_lock(&t.lock);
	t.arrived = true;
	while (!t.cancel)
		pthread_cond_wait(&t.cond, &t.lock);
	pthread_mutex_unlock(&t.lock);
}

static int take(void *data, const void *plain, size_t len, struct err *err)
{
	(void)data;
	if (t.len == 0)
		t.taker = pthread_self();
	assert_true(pthread_equal(t.taker, pthread_self()));
	assert_true(t.len + len <= SIZE);
	if (t.fail_at && t.len >= t.fail_at)
		return err_set(err, EDQUOT, "the taker is full");
	if (t.stay_at && t.len == t.stay_at)
		stay();
	memcpy(t.got + t.len, plain, len);
	t.len += len;
	return 0;
}

/* A run of zeros at the beginning, in the middle and at the end. */
static uint8_t *plain_image(void)
{
	uint8_t *plain = calloc(1, SIZE);

	for (size_t at = 0; at < SIZE; at += 32)
		if ((at / CHUNK) % 40 > 2)
			snprintf((char *)plain + at, 32, "%zx %x", at, (unsigned)(at * 2654435761u));
	return plain;
}

static void start(const struct range_server_faults *faults)
{
	t.server = range_server_start(t.payload.bytes, t.payload.len, faults);
	t.source.url = range_server_url(t.server);
}

static int set_up(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	pthread_mutex_init(&t.lock, NULL);
	pthread_cond_init(&t.cond, NULL);
	payload_make(&t.payload, plain_image(), SIZE, CHUNK);
	t.got = calloc(1, SIZE);
	t.job = (struct pipeline_job){
		.index = &t.payload.index, .sources = &t.source, .n_sources = 1, .sink = take};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (t.server)
		range_server_stop(t.server);
	pipeline_result_clear(&t.result);
	payload_clear(&t.payload);
	free(t.got);
	return 0;
}

static int run(struct err *err)
{
	*err = (struct err){0};
	t.len = 0;
	pipeline_result_clear(&t.result);
	return pipeline_run(&t.job, &t.result, err);
}

static void assert_all(void)
{
	assert_int_equal(t.len, SIZE);
	assert_memory_equal(t.got, t.payload.plain, SIZE);
	assert_null(t.result.first_chunk);
}

static void test_in_order(void **state)
{
	const size_t memory[] = {0, 1, 4 * CHUNK, 20 * CHUNK};
	struct err err;

	(void)state;
	start(NULL);
	for (unsigned i = 0; i < 4; i++) {
		t.job.memory = memory[i];
		assert_int_equal(run(&err), 0);
		assert_all();
		assert_in_range(t.result.fetched_bytes, t.payload.index.data_bytes,
				t.payload.len); /* each frame once */
	}
}

static void test_in_order_after_damage(void **state)
{
	const struct chunk *c = &t.payload.index.chunks[45];
	struct range_server_faults faults = {.corrupt = 1, .corrupt_at = c->offset + 9};
	struct err err;

	(void)state;
	t.job.memory = 6 * CHUNK;
	start(&faults);
	assert_int_equal(run(&err), 0);
	assert_all();
	assert_int_equal(t.result.n_bad, 1);
}

static void test_a_taker_that_fails(void **state)
{
	struct err err;

	(void)state;
	start(NULL);
	for (t.fail_at = 1; t.fail_at < SIZE - TAIL; t.fail_at += 17 * CHUNK) {
		assert_int_equal(run(&err), -EDQUOT);
		assert_string_equal(err.text, "the taker is full");
		assert_true(t.len >= t.fail_at && t.len < t.fail_at + CHUNK);
	}
}

static void test_cancel_in_the_middle(void **state)
{
	struct err err;

	(void)state;
	t.job.cancelled = cancelled;
	t.stay_at = 50 * CHUNK;
	start(NULL);
	assert_int_equal(run(&err), -ECANCELED);
	assert_true(t.len >= 50 * CHUNK && t.len < SIZE);
}

static void test_neither_disk_nor_taker(void **state)
{
	struct err err;

	(void)state;
	t.job.sink = NULL;
	t.source.url = "http://127.0.0.1:1/";
	assert_int_equal(run(&err), -EINVAL);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_in_order),
		T(test_in_order_after_damage),
		T(test_a_taker_that_fails),
		T(test_cancel_in_the_middle),
		T(test_neither_disk_nor_taker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
