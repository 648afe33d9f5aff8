/* rooms: tests/fakes agent/wipe images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Markers and the passes over a medium, on an ordinary file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "agent/wipe/marker.h"
#include "agent/wipe/sweep.h"
#include "core/io.h"

static const uint8_t key[MARKER_KEY_SIZE] = {1, 2, 3};

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
		assert_int_equal(markers_new(key, sizes[s], 512, &m, &err), 0);
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
	assert_int_equal(markers_new(key, 100, 512, &m, &err), -EINVAL);
}

static void test_found_and_gone(void **state)
{
	struct medium medium = make(8 << 20, 4096);
	uint8_t block[4096], zeros[4096] = {0};
	struct markers *m, *again;
	struct err err = {0};
	unsigned gone, n;

	(void)state;
	assert_int_equal(markers_new(key, medium.size, medium.block, &m, &err), 0);
	assert_int_equal(markers_new(key, medium.size, medium.block, &again, &err), 0);
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

static void test_zeros_reach_the_last_byte(void **state)
{
	struct medium medium = make((9 << 20) + 512 * 3, 512); /* no multiple of a request */
	_cleanup_free_ uint8_t *buf = malloc(medium.size);
	struct sweep_seen seen;
	struct err err = {0};

	(void)state;
	memset(buf, 0xaa, medium.size);
	assert_int_equal(pwrite_full(medium.fd, buf, medium.size, 0, &err), 0);
	assert_int_equal(sweep_read(&medium, NULL, NULL, &seen, &err), 0);
	assert_false(seen.zero);
	assert_int_equal(sweep_zero(&medium, NULL, NULL, &err), 0);
	assert_int_equal(sweep_read(&medium, NULL, NULL, &seen, &err), 0);
	assert_true(seen.zero);
	assert_int_equal(seen.bytes_read, medium.size);
	assert_int_equal(sweep_sample(&medium, NULL, NULL, &seen, &err), 0);
	assert_true(seen.zero);

	/* one byte, in the last block: full reading finds it, and so does sampling */
	assert_int_equal(pwrite_full(medium.fd, "x", 1, medium.size - 1, &err), 0);
	assert_int_equal(sweep_read(&medium, NULL, NULL, &seen, &err), 0);
	assert_false(seen.zero);
	assert_int_equal(sweep_sample(&medium, NULL, NULL, &seen, &err), 0);
	assert_false(seen.zero);
	assert_int_equal(seen.nonzero_at, medium.size - 512);
	close(medium.fd);
}

static void test_sampling_hits_each_section(void **state)
{
	struct medium medium = make(64 << 20, 512);
	_cleanup_free_ uint8_t *buf = malloc(medium.size / 1000 + 512);
	struct sweep_seen seen;
	struct err err = {0};

	(void)state;
	memset(buf, 1, medium.size / 1000 + 512); /* one section of a thousand, somewhere in the middle */
	assert_int_equal(
		pwrite_full(medium.fd, buf, medium.size / 1000 + 512, medium.size / 1000 * 700, &err), 0);
	assert_int_equal(sweep_sample(&medium, NULL, NULL, &seen, &err), 0);
	assert_false(seen.zero);
	assert_int_equal(seen.bytes_read, 2002 * 512);
	close(medium.fd);
}

static void test_a_medium_that_ends_early(void **state)
{
	struct medium medium = make(1 << 20, 512);
	struct sweep_seen seen;
	struct err err = {0};

	(void)state;
	medium.size *= 2;
	assert_true(sweep_read(&medium, NULL, NULL, &seen, &err) < 0);
	assert_non_null(strstr(err.text, "reading back"));
	close(medium.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_found_and_gone),
		cmocka_unit_test(test_zeros_reach_the_last_byte),
		cmocka_unit_test(test_sampling_hits_each_section),
		cmocka_unit_test(test_a_medium_that_ends_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
