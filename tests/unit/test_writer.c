/* rooms: agent/pipeline agent/hw images protocol core */
/* wraps: io_uring_submit_and_wait */
/* SPDX-License-Identifier: Apache-2.0 */
/* Both writers by themselves: what was submitted is written, where and whole, and each submission ends once, with its error. */
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/pipeline/writer.h"
#include "core/io.h"

enum { SIZE = 5 * 4096, BUFFERS = 5, ROUNDS = 40, DISKS = 2 };

static struct {
	struct pipeline_job job;
	struct crew crew;
	struct pipeline_target disks[DISKS];
	struct pool *pool;
	unsigned ended[DISKS], failed[DISKS]; /* with crew.lock held */
	int code;
	bool no_entry; /* the kernel sets an io_uring up and does not let it be used */
} t;

static void done(void *data, struct plain *plain, unsigned target, int code)
{
	bool last;

	(void)data;
	pthread_mutex_lock(&t.crew.lock);
	t.ended[target]++;
	t.failed[target] += code != 0;
	t.code = code ? code : t.code;
	last = --plain->refs == 0;
	pthread_mutex_unlock(&t.crew.lock);
	if (last)
		pool_give(t.pool, plain);
}

static struct writer *new_writer(const struct writer_kind *kind)
{
	const struct writer_options options = {
		.targets = t.disks, .n_targets = DISKS, .pool = t.pool, .done = done};
	struct writer *writer = NULL;
	struct err err = {0};

	if (kind->make(&options, &writer, &err) < 0) {
		print_message("%s: %s\n", kind->name, err.text);
		assert_ptr_equal(kind, &writer_uring);
		skip(); /* such a kernel is what the other writer is for */
	}
	return writer;
}

static void write_all(struct writer *writer)
{
	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct plain *plain = pool_take(t.pool);

		plain->chunk = i;
		plain->len = i == ROUNDS - 1 ? 512 : SIZE;
		plain->offset = (uint64_t)i * SIZE;
		plain->refs = DISKS;
		memset(plain->bytes, (int)i + 1, plain->len);
		for (unsigned k = 0; k < DISKS; k++)
			writer_submit(writer, plain, k);
	}
	writer_free(writer);
}

static void assert_written(unsigned disk)
{
	_cleanup_free_ uint8_t *seen = malloc(SIZE);
	struct err err = {0};

	for (unsigned i = 0; i < ROUNDS; i++) {
		size_t len = i == ROUNDS - 1 ? 512 : SIZE;

		assert_int_equal(pread_full(t.disks[disk].fd, seen, len, (uint64_t)i * SIZE, &err), 0);
		for (size_t k = 0; k < len; k++)
			assert_int_equal(seen[k], i + 1);
	}
	assert_int_equal(lseek(t.disks[disk].fd, 0, SEEK_END), (ROUNDS - 1) * SIZE + 512);
}

static int set_up(void **state)
{
	struct err err = {0};

	(void)state;
	memset(&t, 0, sizeof(t));
	crew_init(&t.crew, &t.job, 0);
	for (unsigned i = 0; i < DISKS; i++)
		t.disks[i].fd = memfd_create("disk", MFD_ALLOW_SEALING);
	return pool_new(&t.crew, BUFFERS, SIZE, &t.pool, &err);
}

static int tear_down(void **state)
{
	(void)state;
	pool_free(t.pool);
	crew_clear(&t.crew);
	for (unsigned i = 0; i < DISKS; i++)
		close(t.disks[i].fd);
	return 0;
}

static void whole(const struct writer_kind *kind)
{
	write_all(new_writer(kind));
	for (unsigned i = 0; i < DISKS; i++) {
		assert_int_equal(t.ended[i], ROUNDS);
		assert_int_equal(t.failed[i], 0);
		assert_written(i);
	}
}

/* The disk's end is in the middle of a chunk: what fits is written, the rest is that chunk's error. */
static void full_disk(const struct writer_kind *kind)
{
	struct writer *writer = new_writer(kind);

	assert_int_equal(ftruncate(t.disks[1].fd, 10 * SIZE + 4096), 0);
	assert_int_equal(fcntl(t.disks[1].fd, F_ADD_SEALS, F_SEAL_GROW), 0);
	write_all(writer);
	assert_int_equal(t.ended[0], ROUNDS);
	assert_int_equal(t.ended[1], ROUNDS);
	assert_int_equal(t.failed[0], 0);
	assert_int_equal(t.failed[1], ROUNDS - 10);
	assert_int_equal(t.code, EPERM);
	assert_written(0);
}

static void read_only_disk(const struct writer_kind *kind)
{
	close(t.disks[0].fd);
	t.disks[0].fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	write_all(new_writer(kind));
	assert_int_equal(t.failed[0], ROUNDS);
	assert_int_equal(t.code, EBADF);
	assert_int_equal(t.failed[1], 0);
	assert_written(1);
}

static void test_uring(void **state)
{
	(void)state;
	whole(&writer_uring);
}

static void test_uring_full_disk(void **state)
{
	(void)state;
	full_disk(&writer_uring);
}

static void test_uring_read_only_disk(void **state)
{
	(void)state;
	read_only_disk(&writer_uring);
}

/* An ordinary user may lock the ring, but not the buffers: these stay unregistered; root's are registered all the same. */
static void test_uring_with_little_locked_memory(void **state)
{
	struct rlimit saved, little;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &saved), 0);
	little = (struct rlimit){96 << 10, saved.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &little), 0);
	whole(&writer_uring);
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &saved), 0);
}

static void test_pwrite(void **state)
{
	(void)state;
	whole(&writer_pwrite);
}

static void test_pwrite_full_disk(void **state)
{
	(void)state;
	full_disk(&writer_pwrite);
}

static void test_pwrite_read_only_disk(void **state)
{
	(void)state;
	read_only_disk(&writer_pwrite);
}

static void test_which(void **state)
{
	const struct writer_options options = {
		.targets = t.disks, .n_targets = DISKS, .pool = t.pool, .done = done};
	struct err err = {0}, why;
	struct writer *writer;

	(void)state;
	assert_int_equal(writer_new(&options, &writer, &why, &err), 0);
	assert_ptr_equal(writer->kind, why.code ? &writer_pwrite : &writer_uring);
	writer_free(writer);
	writer_without_uring(true);
	assert_int_equal(writer_new(&options, &writer, &why, &err), 0);
	assert_ptr_equal(writer->kind, &writer_pwrite);
	assert_int_equal(why.code, ENOSYS);
	writer_free(writer);
	writer_without_uring(false);
}

int __real_io_uring_submit_and_wait(struct io_uring *ring, unsigned n);
int __wrap_io_uring_submit_and_wait(struct io_uring *ring, unsigned n);
int __wrap_io_uring_submit_and_wait(struct io_uring *ring, unsigned n)
{
	return t.no_entry ? -EPERM : __real_io_uring_submit_and_wait(ring, n);
}

static void test_uring_that_can_only_be_set_up(void **state)
{
	const struct writer_options options = {
		.targets = t.disks, .n_targets = DISKS, .pool = t.pool, .done = done};
	struct err err = {0}, why;
	struct writer *writer;

	(void)state;
	t.no_entry = true;
	assert_int_equal(writer_new(&options, &writer, &why, &err), 0);
	t.no_entry = false;
	assert_ptr_equal(writer->kind, &writer_pwrite);
	assert_non_null(strstr(why.text, "io_uring"));
	writer_free(writer);
}

static void *submit_and_end(void *data)
{
	struct plain *plain = pool_take(t.pool);

	plain->len = SIZE;
	plain->refs = 1;
	memset(plain->bytes, 7, plain->len);
	writer_submit(data, plain, 0);
	return NULL;
}

/* A disk that can take nothing yet: a pipe that is full. Returns its other end. */
static int slow_disk(void)
{
	static const uint8_t page[4096];
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
	assert_int_equal(write(ends[1], page, sizeof(page)), sizeof(page));
	assert_int_equal(fcntl(ends[0], F_SETFL, 0) | fcntl(ends[1], F_SETFL, 0), 0);
	close(t.disks[0].fd);
	t.disks[0].fd = ends[1];
	return ends[0];
}

/* As a decoder's that has no more to do: the kernel takes its requests back with it. */
static void test_uring_outlives_who_submits(void **state)
{
	_cleanup_close_ int from = slow_disk();
	struct writer *writer = new_writer(&writer_uring);
	uint8_t seen[4096 + SIZE];
	size_t len = 0;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, submit_and_end, writer), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	usleep(50000);
	for (ssize_t n; len < sizeof(seen); len += (size_t)n) {
		assert_int_equal(poll(&(struct pollfd){.fd = from, .events = POLLIN}, 1, 10000), 1);
		n = read(from, seen + len, sizeof(seen) - len);
		assert_true(n > 0);
	}
	writer_free(writer);
	assert_int_equal(t.ended[0], 1);
	assert_int_equal(t.failed[0], 0);
	for (size_t i = 0; i < SIZE; i++)
		assert_int_equal(seen[4096 + i], 7);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_uring_with_little_locked_memory), /* first: a ring's memory is given back a while after its end */
		T(test_uring),
		T(test_uring_full_disk),
		T(test_uring_read_only_disk),
		T(test_uring_outlives_who_submits),
		T(test_pwrite),
		T(test_pwrite_full_disk),
		T(test_pwrite_read_only_disk),
		T(test_which),
		T(test_uring_that_can_only_be_set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
