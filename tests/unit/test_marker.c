/* rooms: agent/wipe agent/hw images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Markers, samples of former contents, and the passes over a medium, on an ordinary file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "agent/wipe/former.h"
#include "agent/wipe/marker.h"
#include "agent/wipe/sweep.h"
#include "core/io.h"

static const uint8_t key[STREAM_KEY_SIZE] = {1, 2, 3};

static struct stream *stream, *streams[SWEEP_THREADS];

static int set_up(void **state)
{
	struct err err = {0};

	(void)state;
	for (unsigned i = 0; i < SWEEP_THREADS; i++)
		assert_int_equal(stream_new(&streams[i], &err), 0);
	stream = streams[0];
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SWEEP_THREADS; i++)
		stream_free(streams[i]);
	return 0;
}

static struct medium make(uint64_t size, uint32_t block)
{
	struct medium m = {.fd = memfd_create("medium", 0), .size = size, .block = block};

	assert_true(m.fd >= 0 && ftruncate(m.fd, (off_t)size) == 0);
	return m;
}

static void test_places(void **state)
{
	const uint64_t sizes[] = {512, 33 * 512, 67 * 512, 5 << 20, 1000ull << 30, 20ull << 40};
	struct markers *m;
	struct err err = {0};
	unsigned n;

	(void)state;
	for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		assert_int_equal(markers_new(stream, key, sizes[s], 512, &m, &err), 0);
		n = markers_count(m);
		assert_in_range(n, 1, 1067);
		assert_int_equal(markers_offset(m, 0), 0);
		assert_int_equal(markers_offset(m, n - 1), sizes[s] - 512);
		for (unsigned i = 1; i < n; i++)
			assert_true(markers_offset(m, i) > markers_offset(m, i - 1));
		if (n > 67) { /* both GPT areas are covered block by block */
			assert_int_equal(markers_offset(m, 33), 33 * 512);
			assert_int_equal(markers_offset(m, n - 33), sizes[s] - 33 * 512);
			for (uint64_t i = 0, at = 0; i + 1 < n; i++, at = markers_offset(m, (unsigned)i))
				assert_true(markers_offset(m, (unsigned)i + 1) - at <=
					    sizes[s] / 1000 * 2 + 1024);
		}
		markers_free(m);
	}
	assert_int_equal(markers_new(stream, key, 100, 512, &m, &err), -EINVAL);
}

static void test_found_and_gone(void **state)
{
	struct medium medium = make(8 << 20, 4096);
	uint8_t block[4096], zeros[4096] = {0};
	struct markers *m, *again;
	struct err err = {0};
	unsigned gone, n;

	(void)state;
	assert_int_equal(markers_new(stream, key, medium.size, medium.block, &m, &err), 0);
	assert_int_equal(markers_new(stream, key, medium.size, medium.block, &again, &err), 0);
	n = markers_count(m);
	assert_int_equal(markers_gone(m, &medium, NULL, NULL, &gone, &err), 0);
	assert_int_equal(gone, n); /* not yet written */
	assert_int_equal(markers_write(m, &medium, NULL, NULL, &err), 0);
	assert_int_equal(markers_gone(again, &medium, NULL, NULL, &gone, &err), 0); /* the key alone tells */
	assert_int_equal(gone, 0);

	/* all erased but 16 bytes of the last marker */
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(pwrite_full(medium.fd, zeros, sizeof(zeros), markers_offset(m, i), &err), 0);
	markers_fill(m, n - 1, block);
	assert_int_equal(pwrite_full(medium.fd, block + 160, 16, medium.size - 4096 + 160, &err), 0);
	assert_int_equal(markers_gone(m, &medium, NULL, NULL, &gone, &err), 0);
	assert_int_equal(gone, n - 1);
	markers_free(m);
	markers_free(again);
	close(medium.fd);
}

static struct sweep sweep_of(struct medium medium)
{
	return (struct sweep){.medium = medium, .streams = streams, .key = key};
}

static void test_zeros_reach_the_last_byte(void **state)
{
	struct medium medium = make((9 << 20) + 512 * 3, 512); /* no multiple of a request */
	const struct sweep sweep = sweep_of(medium);
	_cleanup_free_ uint8_t *buf = malloc(medium.size);
	struct sweep_seen seen;
	struct err err = {0};

	(void)state;
	memset(buf, 0xaa, medium.size);
	assert_int_equal(pwrite_full(medium.fd, buf, medium.size, 0, &err), 0);
	assert_int_equal(sweep_read(&sweep, SWEEP_ZEROS, &seen, &err), 0);
	assert_false(seen.as_expected);
	assert_true(seen.look.constant > 0 && seen.look.constant == seen.bytes_read);
	assert_int_equal(sweep_write(&sweep, SWEEP_ZEROS, &err), 0);
	assert_int_equal(sweep_read(&sweep, SWEEP_ZEROS, &seen, &err), 0);
	assert_true(seen.as_expected);
	assert_int_equal(seen.bytes_read, medium.size);
	assert_int_equal(seen.look.zero, medium.size);
	assert_int_equal(sweep_sample(&sweep, SWEEP_ZEROS, &seen, &err), 0);
	assert_true(seen.as_expected && seen.sampled);

	/* one byte, in the last block: full reading finds it, and so does sampling */
	assert_int_equal(pwrite_full(medium.fd, "x", 1, medium.size - 1, &err), 0);
	assert_int_equal(sweep_read(&sweep, SWEEP_ZEROS, &seen, &err), 0);
	assert_false(seen.as_expected);
	assert_int_equal(sweep_sample(&sweep, SWEEP_ZEROS, &seen, &err), 0);
	assert_false(seen.as_expected);
	assert_int_equal(seen.differs_at, medium.size - 512);
	assert_int_equal(seen.look.other, 512);
	close(medium.fd);
}

/* What the key makes is verified without having been stored, in whatever pieces; one changed bit is found, and another key tells nothing. */
static void test_the_stream_is_verified(void **state)
{
	static const uint8_t other_key[STREAM_KEY_SIZE] = {9};
	struct medium medium = make((9 << 20) + 4096 * 3, 4096);
	struct sweep sweep = sweep_of(medium);
	struct sweep_seen seen;
	struct err err = {0};
	uint8_t byte;

	(void)state;
	assert_int_equal(sweep_write(&sweep, SWEEP_STREAM, &err), 0);
	assert_int_equal(sweep_read(&sweep, SWEEP_STREAM, &seen, &err), 0);
	assert_true(seen.as_expected && seen.bytes_read == medium.size);
	assert_int_equal(sweep_sample(&sweep, SWEEP_STREAM, &seen, &err), 0);
	assert_true(seen.as_expected && seen.samples >= 2002);
	assert_int_equal(seen.look.random, seen.bytes_read);
	sweep.key = other_key;
	assert_int_equal(sweep_sample(&sweep, SWEEP_STREAM, &seen, &err), 0);
	assert_false(seen.as_expected);
	sweep.key = key;
	assert_int_equal(pread_full(medium.fd, &byte, 1, 5 << 20, &err), 0);
	byte ^= 1;
	assert_int_equal(pwrite_full(medium.fd, &byte, 1, 5 << 20, &err), 0);
	assert_int_equal(sweep_read(&sweep, SWEEP_STREAM, &seen, &err), 0);
	assert_false(seen.as_expected);
	assert_int_equal(seen.differs_at, 4 << 20); /* the request that holds it */
	close(medium.fd);
}

static void test_sampling_hits_each_section(void **state)
{
	struct medium medium = make(64 << 20, 512);
	const struct sweep sweep = sweep_of(medium);
	_cleanup_free_ uint8_t *buf = malloc(medium.size / 1000 + 512);
	struct sweep_seen seen;
	struct err err = {0};

	(void)state;
	memset(buf, 1, medium.size / 1000 + 512); /* one section of a thousand, somewhere in the middle */
	assert_int_equal(
		pwrite_full(medium.fd, buf, medium.size / 1000 + 512, medium.size / 1000 * 700, &err), 0);
	assert_int_equal(sweep_sample(&sweep, SWEEP_ZEROS, &seen, &err), 0);
	assert_false(seen.as_expected);
	assert_int_equal(seen.bytes_read, 2002 * 512);
	assert_int_equal(seen.samples, 2002);
	close(medium.fd);
}

/* 1 - (1 - f)^n: of a residue of one in a thousand about 3,000 samples are needed (NIST SP 800-88 says why one samples). */
static void test_the_power_of_samples(void **state)
{
	(void)state;
	assert_true(sweep_detects(2002) > 0.00149 && sweep_detects(2002) < 0.0015);
	assert_true(sweep_detects(2995) < 0.001 && sweep_detects(2990) < 0.0010015);
	assert_true(sweep_detects(0) == 1);
}

static void test_a_medium_that_ends_early(void **state)
{
	struct medium medium = make(1 << 20, 512);
	struct sweep sweep = sweep_of(medium);
	struct sweep_seen seen;
	struct err err = {0};

	(void)state;
	sweep.medium.size *= 2;
	assert_true(sweep_read(&sweep, SWEEP_ZEROS, &seen, &err) < 0);
	assert_non_null(strstr(err.text, "reading back"));
	close(medium.fd);
}

/* What was there before is known again; markers, zeros and changed blocks are not taken for it. */
static void test_former_contents(void **state)
{
	struct medium medium = make(4 << 20, 512);
	_cleanup_free_ uint8_t *buf = malloc(medium.size);
	struct markers *markers;
	struct former *former;
	struct err err = {0};
	unsigned unchanged;
	uint64_t at = 0;

	(void)state;
	for (uint64_t i = 0; i < medium.size; i++)
		buf[i] = (uint8_t)(i % 251 + 1);
	memset(buf, 0, medium.size / 2);
	assert_int_equal(pwrite_full(medium.fd, buf, medium.size, 0, &err), 0);
	assert_int_equal(markers_new(stream, key, medium.size, medium.block, &markers, &err), 0);
	assert_int_equal(former_remember(&medium, markers, NULL, NULL, &former, &err), 0);
	assert_in_range(former_samples(former), 1500, FORMER_SAMPLES);
	assert_in_range(former_nonzero(former), former_samples(former) / 3, former_samples(former) * 2 / 3);
	assert_int_equal(former_unchanged(former, &medium, NULL, NULL, &unchanged, &at, &err), 0);
	assert_int_equal(unchanged, former_nonzero(former));
	assert_true(at >= medium.size / 2);
	/* markers lie elsewhere */
	assert_int_equal(markers_write(markers, &medium, NULL, NULL, &err), 0);
	assert_int_equal(former_unchanged(former, &medium, NULL, NULL, &unchanged, &at, &err), 0);
	assert_int_equal(unchanged, former_nonzero(former));
	/* all but the last quarter is erased */
	memset(buf, 0, medium.size);
	assert_int_equal(pwrite_full(medium.fd, buf, medium.size / 4 * 3, 0, &err), 0);
	assert_int_equal(former_unchanged(former, &medium, NULL, NULL, &unchanged, &at, &err), 0);
	assert_in_range(unchanged, 1, former_nonzero(former) - 1);
	assert_true(at >= medium.size / 4 * 3);
	assert_int_equal(pwrite_full(medium.fd, buf, medium.size, 0, &err), 0);
	assert_int_equal(former_unchanged(former, &medium, NULL, NULL, &unchanged, &at, &err), 0);
	assert_int_equal(unchanged, 0);
	former_free(former);
	markers_free(markers);
	close(medium.fd);
}

static void test_looks(void **state)
{
	uint8_t buf[4 * 512];
	struct look look = {0};

	(void)state;
	memset(buf, 0, 512);
	memset(buf + 512, 0xff, 512);
	stream_fill(stream, key, 0, 0, buf + 1024, 512);
	for (unsigned i = 0; i < 512; i++)
		buf[1536 + i] = (uint8_t) "the quick brown fox "[i % 20];
	look_at(&look, buf, sizeof(buf), 512);
	assert_int_equal(look.zero, 512);
	assert_int_equal(look.constant, 512);
	assert_int_equal(look.random, 512);
	assert_int_equal(look.other, 512);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_found_and_gone),
		cmocka_unit_test(test_zeros_reach_the_last_byte),
		cmocka_unit_test(test_the_stream_is_verified),
		cmocka_unit_test(test_the_power_of_samples),
		cmocka_unit_test(test_former_contents),
		cmocka_unit_test(test_looks),
		cmocka_unit_test(test_sampling_hits_each_section),
		cmocka_unit_test(test_a_medium_that_ends_early),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
