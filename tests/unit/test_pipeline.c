/* rooms: tests/fakes agent/pipeline images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The pipeline against a server that behaves, breaks off, lies and goes away. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "agent/pipeline/pipeline.h"
#include "core/io.h"
#include "images/zeros.h"
#include "tests/fakes/payload.h"
#include "tests/fakes/range_server.h"

enum { CHUNK = 64 << 10, CHUNKS = 40, TAIL = 4096, SIZE = (CHUNKS - 1) * CHUNK + TAIL };

static struct {
	struct payload payload;
	struct range_server *server;
	struct pipeline_job job;
	struct pipeline_result result;
	unsigned notes, asked, cancel_at;
	uint64_t done, total;
	char note[512];
} t;

static bool cancelled(void *data)
{
	(void)data;
	return t.cancel_at && ++t.asked >= t.cancel_at;
}

static void progress(void *data, uint64_t done, uint64_t total)
{
	(void)data;
	t.done = done;
	t.total = total;
}

static void note(void *data, const char *text)
{
	(void)data;
	t.notes++;
	snprintf(t.note, sizeof(t.note), "%s", text);
}

/* Text that compresses, a number in each block; every third chunk and the ones from 20 to 29 are zeros. */
static uint8_t *plain_image(void)
{
	uint8_t *plain = calloc(1, SIZE);

	for (size_t at = 0; at < SIZE; at += 64)
		if ((at / CHUNK) % 3 != 2 && (at / CHUNK < 20 || at / CHUNK > 29))
			snprintf((char *)plain + at, 64, "bytes from %zu on, %x", at,
				 (unsigned)(at * 2654435761u));
	return plain;
}

static void start(const struct range_server_faults *faults)
{
	t.server = range_server_start(t.payload.bytes, t.payload.len, faults);
	t.job.url = range_server_url(t.server);
}

static int run(struct err *err)
{
	*err = (struct err){0};
	return pipeline_run(&t.job, &t.result, err);
}

static void assert_written(bool zeros_too)
{
	_cleanup_free_ uint8_t *seen = malloc(SIZE);
	struct err err = {0};

	assert_int_equal(pread_full(t.job.fd, seen, SIZE, 0, &err), 0);
	assert_true(zeros_only(seen, CHUNK)); /* the first chunk never */
	if (zeros_too)
		assert_memory_equal(seen + CHUNK, t.payload.plain + CHUNK, SIZE - CHUNK);
	assert_int_equal(t.result.first_chunk_len, CHUNK);
	assert_memory_equal(t.result.first_chunk, t.payload.plain, CHUNK);
	assert_int_equal(pipeline_read_back(&t.job, &err), 0);
}

static int set_up(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	payload_make(&t.payload, plain_image(), SIZE, CHUNK);
	t.job = (struct pipeline_job){.fd = memfd_create("disk", 0),
				      .index = &t.payload.index,
				      .medium_reads_zero = true,
				      .cancelled = cancelled,
				      .progress = progress,
				      .note = note};
	return ftruncate(t.job.fd, SIZE + CHUNK);
}

static int tear_down(void **state)
{
	(void)state;
	if (t.server)
		range_server_stop(t.server);
	payload_clear(&t.payload);
	free(t.result.first_chunk);
	close(t.job.fd);
	return 0;
}

static void test_plain_run(void **state)
{
	struct err err;

	(void)state;
	start(NULL);
	assert_int_equal(run(&err), 0);
	assert_written(true);
	assert_int_equal(t.result.fetched_bytes,
			 t.payload.index.data_bytes); /* zero chunks are not transferred */
	assert_int_equal(t.result.retries, 0);
	assert_true(t.total > 0 && t.done == t.total);
}

static void test_little_memory(void **state)
{
	struct err err;

	(void)state;
	t.job.memory = 1;
	start(NULL);
	assert_int_equal(run(&err), 0);
	assert_written(true);
}

static void test_zeros_are_written_where_the_medium_is_not_clean(void **state)
{
	_cleanup_free_ uint8_t *dirt = malloc(SIZE);
	struct err err;

	(void)state;
	memset(dirt, 0x5a, SIZE);
	assert_int_equal(pwrite_full(t.job.fd, dirt, SIZE, 0, &err), 0);
	t.job.medium_reads_zero = false;
	start(NULL);
	assert_int_equal(run(&err), 0);
	assert_written(true); /* the first chunk's place included: what an earlier boot committed is gone */
}

static void test_breaks_are_taken_up(void **state)
{
	const struct range_server_faults faults = {.cut = 3, .refuse = 1};
	struct err err;

	(void)state;
	start(&faults);
	assert_int_equal(run(&err), 0);
	assert_written(true);
	assert_int_equal(t.result.retries, 4);
	assert_true(t.notes > 0);
	assert_true(t.result.fetched_bytes < 2 * t.payload.index.data_bytes);
}

static void test_a_damaged_frame_is_fetched_again(void **state)
{
	const struct chunk *c = &t.payload.index.chunks[18];
	struct range_server_faults faults = {.corrupt = 1, .corrupt_at = c->offset + c->length / 2};
	struct err err;

	(void)state;
	start(&faults);
	assert_int_equal(run(&err), 0);
	assert_written(true);
	assert_int_equal(t.result.retries, 1);
	assert_non_null(strstr(t.note, "chunk 18"));
}

static void test_a_damaged_payload_ends_it(void **state)
{
	const struct chunk *c = &t.payload.index.chunks[16];
	struct range_server_faults faults = {.corrupt = 1000, .corrupt_at = c->offset};
	_cleanup_free_ uint8_t *seen = malloc(CHUNK);
	struct err err;

	(void)state;
	start(&faults);
	assert_int_equal(run(&err), -EBADMSG);
	assert_non_null(strstr(err.text, "chunk 16: SHA-256 mismatch (http://127.0.0.1:"));
	assert_null(t.result.first_chunk);
	assert_int_equal(pread_full(t.job.fd, seen, CHUNK, 16 * CHUNK, &err), 0);
	assert_true(zeros_only(seen, CHUNK));
}

static void test_the_first_chunk_too(void **state)
{
	struct range_server_faults faults = {.corrupt = 1000, .corrupt_at = 10};
	struct err err;

	(void)state;
	start(&faults);
	assert_int_equal(run(&err), -EBADMSG);
	assert_non_null(strstr(err.text, "chunk 0: SHA-256 mismatch"));
}

static void test_a_server_without_ranges_is_given_up(void **state)
{
	const struct range_server_faults faults = {.ignore_range = 1000};
	struct err err;

	(void)state;
	t.payload.index.n_chunks = 2; /* one run: one fetcher meets it */
	start(&faults);
	assert_int_equal(run(&err), -EPROTO);
	assert_non_null(strstr(err.text, "ignores ranges"));
}

static void test_cancel_while_the_server_is_away(void **state)
{
	const struct range_server_faults faults = {.refuse = 1000};
	struct err err;

	(void)state;
	t.cancel_at = 6;
	start(&faults);
	assert_int_equal(run(&err), -ECANCELED);
	assert_true(t.notes > 0);
}

static void test_a_disk_that_cannot_be_written(void **state)
{
	struct err err;
	int fd = t.job.fd;

	(void)state;
	t.job.fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	start(NULL);
	assert_int_equal(run(&err), -EBADF);
	assert_non_null(strstr(err.text, "chunk "));
	close(t.job.fd);
	t.job.fd = fd;
}

static void test_read_back_finds_a_changed_byte(void **state)
{
	const unsigned chunks[] = {1, 2, 18, 25, CHUNKS - 1};
	struct err err;
	char text[32];

	(void)state;
	start(NULL);
	assert_int_equal(run(&err), 0);
	for (unsigned i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		uint64_t at = (uint64_t)chunks[i] * CHUNK + TAIL - 1;

		assert_int_equal(pwrite_full(t.job.fd, "\xff", 1, at, &err), 0);
		assert_int_equal(pipeline_read_back(&t.job, &err), -EBADMSG);
		snprintf(text, sizeof(text), "chunk %u:", chunks[i]);
		assert_non_null(strstr(err.text, text));
		assert_int_equal(pwrite_full(t.job.fd, t.payload.plain + at, 1, at, &err), 0);
	}
	assert_int_equal(pipeline_read_back(&t.job, &err), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_plain_run),
		T(test_little_memory),
		T(test_zeros_are_written_where_the_medium_is_not_clean),
		T(test_breaks_are_taken_up),
		T(test_a_damaged_frame_is_fetched_again),
		T(test_a_damaged_payload_ends_it),
		T(test_the_first_chunk_too),
		T(test_a_server_without_ranges_is_given_up),
		T(test_cancel_while_the_server_is_away),
		T(test_a_disk_that_cannot_be_written),
		T(test_read_back_finds_a_changed_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
