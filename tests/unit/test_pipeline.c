/* rooms: tests/fakes agent/pipeline agent/hw images protocol core */
/* wraps: clock_gettime */
/* SPDX-License-Identifier: Apache-2.0 */
/* The pipeline onto disks that are files, one and several, whole and failing; against a server that behaves, breaks off and lies. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/pipeline/bits.h"
#include "agent/pipeline/pipeline.h"
#include "agent/pipeline/writer.h"
#include "core/io.h"
#include "images/zeros.h"
#include "tests/fakes/payload.h"
#include "tests/fakes/range_server.h"

enum { CHUNK = 64 << 10, CHUNKS = 40, TAIL = 4096, SIZE = (CHUNKS - 1) * CHUNK + TAIL, DISKS = 3 };

static struct {
	struct payload payload;
	struct range_server *server;
	struct pipeline_source source;
	struct pipeline_target disks[DISKS];
	struct pipeline_job job;
	struct pipeline_result result;
	unsigned notes, asked, cancel_at;
	uint64_t done, total;
	char note[512];
	bool no_hole;       /* fallocate() is refused */
	unsigned unflushed; /* chunk that is in the page cache and not on the medium; 0: none */
} t;

/* In front of the C library's: a device without a command for zeros. */
int fallocate(int fd, int mode, off_t offset, off_t len)
{
	static const uint8_t zeros[CHUNK];

	if (t.no_hole) {
		errno = EOPNOTSUPP;
		return -1;
	}
	assert_true(mode & FALLOC_FL_KEEP_SIZE);
	for (off_t n; len > 0; offset += n, len -= n) {
		n = len < CHUNK ? len : CHUNK;
		assert_int_equal(pwrite(fd, zeros, (size_t)n, offset), n);
	}
	return 0;
}

int __real_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
/* Whoever waits until a time of day finds that the clock is set back by an hour meanwhile. */
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
	int r = __real_clock_gettime(clock, ret);

	ret->tv_sec += clock == CLOCK_REALTIME ? 3600 : 0;
	return r;
}

static bool cancelled(void *data)
{
	(void)data;
	return t.cancel_at && ++t.asked >= t.cancel_at;
}

static void progress(void *data, uint64_t done, uint64_t total)
{
	(void)data;
	assert_true(done <= total);
	t.done = done;
	t.total = total;
}

static void note(void *data, const char *text)
{
	(void)data;
	t.notes++;
	snprintf(t.note, sizeof(t.note), "%s", text);
}

static bool zero_chunk(unsigned i)
{
	return i % 3 == 2 || (i >= 20 && i <= 29);
}

/* Text that compresses, a number in each block; every third chunk and the ones from 20 to 29 are zeros. */
static uint8_t *plain_image(void)
{
	uint8_t *plain = calloc(1, SIZE);

	for (size_t at = 0; at < SIZE; at += 64)
		if (!zero_chunk((unsigned)(at / CHUNK)))
			snprintf((char *)plain + at, 64, "bytes from %zu on, %x", at,
				 (unsigned)(at * 2654435761u));
	return plain;
}

static void start(const struct range_server_faults *faults)
{
	t.server = range_server_start(t.payload.bytes, t.payload.len, faults);
	t.source.url = range_server_url(t.server);
}

static int run(struct err *err)
{
	*err = (struct err){0};
	pipeline_result_clear(&t.result);
	return pipeline_run(&t.job, &t.result, err);
}

static void fill(int fd, uint8_t with)
{
	_cleanup_free_ uint8_t *dirt = malloc(SIZE);
	struct err err = {0};

	memset(dirt, with, SIZE);
	assert_int_equal(pwrite_full(fd, dirt, SIZE, 0, &err), 0);
}

static uint64_t zero_bytes(void)
{
	uint64_t bytes = 0;

	for (unsigned i = 1; i < CHUNKS; i++)
		bytes += zero_chunk(i) ? index_chunk_len(&t.payload.index, i) : 0;
	return bytes;
}

/* The disk is the image but for its first chunk, which is zeros; read back as a whole, and each byte has been accounted for. */
static void assert_whole(unsigned n)
{
	_cleanup_free_ uint8_t *seen = malloc(SIZE);
	const struct pipeline_target_result *r = &t.result.targets[n];
	struct err err = {0};

	assert_int_equal(r->lost.code, 0);
	assert_int_equal(pread_full(t.disks[n].fd, seen, SIZE, 0, &err), 0);
	assert_true(zeros_only(seen, CHUNK));
	assert_memory_equal(seen + CHUNK, t.payload.plain + CHUNK, SIZE - CHUNK);
	assert_int_equal(r->written + r->zeroed + r->zeros_left + r->kept, SIZE - CHUNK);
	assert_int_equal(t.result.first_chunk_len, CHUNK);
	assert_memory_equal(t.result.first_chunk, t.payload.plain, CHUNK);
	assert_int_equal(pipeline_read_back(&t.job, &t.result, &err), 0);
	assert_int_equal(r->chunks_read, CHUNKS - 1); /* none twice */
	assert_int_equal(r->read_back, SIZE - CHUNK);
	assert_false(bits_get(r->proven, 0));
}

static int set_up(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	payload_make(&t.payload, plain_image(), SIZE, CHUNK);
	for (unsigned i = 0; i < DISKS; i++) {
		t.disks[i] = (struct pipeline_target){
			.fd = memfd_create("disk", MFD_ALLOW_SEALING), .name = "disk", .reads_zero = true};
		assert_int_equal(ftruncate(t.disks[i].fd, SIZE + CHUNK), 0);
	}
	t.disks[1].name = "second";
	t.job = (struct pipeline_job){.index = &t.payload.index,
				      .sources = &t.source,
				      .n_sources = 1,
				      .targets = t.disks,
				      .n_targets = 1,
				      .cancelled = cancelled,
				      .progress = progress,
				      .note = note};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	writer_without_uring(false);
	if (t.server)
		range_server_stop(t.server);
	pipeline_result_clear(&t.result);
	payload_clear(&t.payload);
	for (unsigned i = 0; i < DISKS; i++)
		close(t.disks[i].fd);
	return 0;
}

static void test_plain_run(void **state)
{
	struct err err;

	(void)state;
	start(NULL);
	assert_int_equal(run(&err), 0);
	assert_whole(0);
	assert_int_equal(t.result.fetched_bytes,
			 t.payload.index.data_bytes); /* zero chunks are not transferred */
	assert_int_equal(t.result.retries, 0);
	assert_int_equal(t.result.targets[0].zeros_left, zero_bytes());
	assert_true(t.total > 0 && t.done == t.total);
}

static void test_without_io_uring(void **state)
{
	struct err err;

	(void)state;
	writer_without_uring(true);
	t.job.n_targets = 2;
	start(NULL);
	assert_int_equal(run(&err), 0);
	assert_whole(0);
	assert_non_null(strstr(t.note, "without io_uring"));
}

static void test_little_memory(void **state)
{
	struct err err;

	(void)state;
	t.job.memory = 1;
	start(NULL);
	assert_int_equal(run(&err), 0);
	assert_whole(0);
}

static void test_zeros_on_a_medium_that_is_not_clean(void **state)
{
	struct err err;

	(void)state;
	start(NULL);
	t.disks[0].reads_zero = false;
	for (unsigned i = 0; i < 2; i++) {
		t.no_hole = i;
		fill(t.disks[0].fd, 0x5a);
		assert_int_equal(run(&err), 0);
		assert_whole(
			0); /* the first chunk's place included: what an earlier boot committed is gone */
		assert_int_equal(t.result.targets[0].zeroed, t.no_hole ? 0 : zero_bytes());
	}
}

static void test_several_disks_get_the_same(void **state)
{
	struct err err;

	(void)state;
	t.job.n_targets = DISKS;
	t.disks[1].reads_zero = false;
	t.disks[2].rotational = true;
	fill(t.disks[1].fd, 0xff);
	start(NULL);
	assert_int_equal(run(&err), 0);
	assert_int_equal(t.result.fetched_bytes, t.payload.index.data_bytes); /* once for all */
	for (unsigned i = 0; i < DISKS; i++)
		if (i == 0)
			assert_whole(i);
		else
			assert_int_equal(t.result.targets[i].read_back, SIZE - CHUNK);
	assert_int_equal(t.done, t.total);
}

/* A disk whose second half cannot be written; nor read, which is not to be found out first. */
static void break_second(void)
{
	t.disks[1].rotational = true;
	assert_int_equal(ftruncate(t.disks[1].fd, SIZE / 2), 0);
	assert_int_equal(fcntl(t.disks[1].fd, F_ADD_SEALS, F_SEAL_GROW), 0);
	t.job.n_targets = 2;
}

static void test_a_lost_disk_ends_it(void **state)
{
	struct err err;

	(void)state;
	start(NULL);
	for (unsigned i = 0; i < 2; i++) {
		writer_without_uring(i);
		if (i == 0)
			break_second();
		assert_int_equal(run(&err), -EPERM);
		assert_non_null(strstr(err.text, "second: writing chunk "));
		assert_non_null(strstr(err.text, " at byte "));
		assert_int_equal(t.result.targets[1].lost.code, EPERM);
		assert_int_equal(t.result.targets[0].lost.code, 0);
		assert_null(t.result.first_chunk);
	}
}

static void test_a_lost_disk_is_left_behind(void **state)
{
	struct err err;

	(void)state;
	t.job.go_on_without_lost = true;
	break_second();
	start(NULL);
	assert_int_equal(run(&err), 0);
	assert_int_equal(t.result.targets[1].lost.code, EPERM);
	assert_whole(0);
	assert_int_equal(t.result.targets[1].chunks_read, 0);
	assert_true(t.notes > 0 && strstr(t.note, "going on without it"));
	assert_int_equal(t.done, t.total);
}

static void test_all_disks_lost(void **state)
{
	struct err err;
	int fd = t.disks[0].fd;

	(void)state;
	t.job.go_on_without_lost = true;
	break_second();
	t.disks[0].fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	start(NULL);
	assert_int_not_equal(run(&err), 0);
	assert_non_null(strstr(err.text, "chunk "));
	assert_true(t.result.targets[0].lost.code && t.result.targets[1].lost.code);
	close(t.disks[0].fd);
	t.disks[0].fd = fd;
}

static void test_a_damaged_frame_is_fetched_again(void **state)
{
	const struct chunk *c = &t.payload.index.chunks[18];
	struct range_server_faults faults = {.corrupt = 1, .corrupt_at = c->offset + c->length / 2};
	struct err err;

	(void)state;
	start(&faults);
	assert_int_equal(run(&err), 0);
	assert_whole(0);
	assert_int_equal(t.result.n_bad, 1);
	assert_int_equal(t.result.bad[0].chunk, 18);
}

static void test_a_damaged_payload_ends_it(void **state)
{
	const unsigned chunks[] = {16, 0};
	struct err err;
	char text[64];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		const struct chunk *c = &t.payload.index.chunks[chunks[i]];
		struct range_server_faults faults = {.corrupt = 1000, .corrupt_at = c->offset + 5};
		_cleanup_free_ uint8_t *seen = malloc(CHUNK);

		start(&faults);
		assert_int_equal(run(&err), -EBADMSG);
		snprintf(text, sizeof(text), "chunk %u: SHA-256 mismatch", chunks[i]);
		assert_non_null(strstr(err.text, text));
		assert_null(t.result.first_chunk);
		assert_int_equal(pread_full(t.disks[0].fd, seen, CHUNK, (uint64_t)chunks[i] * CHUNK, &err),
				 0);
		assert_true(zeros_only(seen, CHUNK)); /* nothing of it got there */
		range_server_stop(TAKE_PTR(t.server));
	}
}

static void test_cancel_while_the_server_is_away(void **state)
{
	const struct range_server_faults faults = {.refuse = 1000};
	struct err err;

	(void)state;
	t.cancel_at = 6;
	start(&faults);
	alarm(30); /* in the midst of it */
	assert_int_equal(run(&err), -ECANCELED);
	alarm(0);
	assert_true(t.notes > 0);
}

/* 90 % are there: of one disk all the same, of the other all but one chunk more. */
/* In front of the C library's: with the cache goes what an earlier flush has not brought to the medium. */
int posix_fadvise(int fd, off_t offset, off_t len, int advice)
{
	static const uint8_t zeros[CHUNK];

	(void)offset;
	(void)len;
	if (t.unflushed && advice == POSIX_FADV_DONTNEED)
		assert_int_equal(pwrite(fd, zeros, CHUNK, (off_t)t.unflushed * CHUNK), CHUNK);
	t.unflushed = 0;
	return 0;
}

static void test_resume_trusts_the_medium_alone(void **state)
{
	struct err err = {0};

	(void)state;
	t.job.resume = true;
	assert_int_equal(pwrite_full(t.disks[0].fd, t.payload.plain, SIZE, 0, &err), 0);
	t.unflushed = 4; /* a chunk of data */
	start(NULL);
	assert_int_equal(run(&err), 0);
	assert_whole(0);
	assert_int_equal(t.result.targets[0].written, CHUNK);
}

static void test_resume_fetches_only_what_differs(void **state)
{
	uint64_t there = (uint64_t)(CHUNKS * 9 / 10) * CHUNK;
	struct err err = {0};

	(void)state;
	t.job.n_targets = 2;
	t.job.resume = true;
	for (unsigned i = 0; i < 2; i++) {
		t.disks[i].reads_zero = i == 0; /* that was so before the first run */
		fill(t.disks[i].fd, 0xee);
		assert_int_equal(pwrite_full(t.disks[i].fd, t.payload.plain, there, 0, &err), 0);
	}
	assert_int_equal(pwrite_full(t.disks[1].fd, "x", 1, 7 * CHUNK + 9, &err), 0);
	start(NULL);
	assert_int_equal(run(&err), 0);
	assert_true(t.result.fetched_bytes > 0);
	assert_true(t.result.fetched_bytes < t.payload.index.data_bytes * 15 / 100 + 2 * 8192);
	assert_int_equal(t.result.targets[0].kept, there - CHUNK);
	assert_int_equal(t.result.targets[1].kept, there - 2 * CHUNK);
	assert_whole(0);
	assert_int_equal(t.done, t.total);
	assert_int_equal(run(&err), 0); /* now only the first chunk is missing */
	assert_int_equal(t.result.fetched_bytes, t.payload.index.chunks[0].length);
	assert_whole(1);
}

static void test_an_image_of_zeros_needs_no_server(void **state)
{
	struct err err;

	(void)state;
	payload_clear(&t.payload);
	payload_make(&t.payload, calloc(1, SIZE), SIZE, CHUNK);
	t.source.url = "http://127.0.0.1:1/nobody";
	assert_int_equal(run(&err), 0);
	assert_whole(0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_plain_run),
		T(test_without_io_uring),
		T(test_little_memory),
		T(test_zeros_on_a_medium_that_is_not_clean),
		T(test_several_disks_get_the_same),
		T(test_a_lost_disk_ends_it),
		T(test_a_lost_disk_is_left_behind),
		T(test_all_disks_lost),
		T(test_a_damaged_frame_is_fetched_again),
		T(test_a_damaged_payload_ends_it),
		T(test_cancel_while_the_server_is_away),
		T(test_resume_fetches_only_what_differs),
		T(test_resume_trusts_the_medium_alone),
		T(test_an_image_of_zeros_needs_no_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
