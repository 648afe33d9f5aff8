/* rooms: tests/fakes agent/pipeline agent/hw images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Reading back: whole, as a sample, not at all; a changed byte on one disk of two. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "agent/pipeline/bits.h"
#include "agent/pipeline/pipeline.h"
#include "core/io.h"
#include "tests/fakes/payload.h"

enum { CHUNK = 4096, CHUNKS = 1001, TAIL = 512, SIZE = (CHUNKS - 1) * CHUNK + TAIL };

static struct {
	struct payload payload;
	struct pipeline_target disks[2];
	struct pipeline_job job;
	struct pipeline_result result;
	unsigned notes;
} t;

static void note(void *data, const char *text)
{
	(void)data;
	(void)text;
	t.notes++;
}

/* Every fourth chunk is zeros. */
static uint8_t *plain_image(void)
{
	uint8_t *plain = calloc(1, SIZE);

	for (size_t at = 0; at < SIZE; at += 64)
		if ((at / CHUNK) % 4)
			snprintf((char *)plain + at, 64, "byte %zu", at);
	return plain;
}

static int set_up(void **state)
{
	struct err err = {0};

	(void)state;
	memset(&t, 0, sizeof(t));
	payload_make(&t.payload, plain_image(), SIZE, CHUNK);
	for (unsigned i = 0; i < 2; i++) {
		t.disks[i] = (struct pipeline_target){.fd = memfd_create("disk", 0),
						      .name = i ? "second" : "first"};
		assert_int_equal(pwrite_full(t.disks[i].fd, t.payload.plain, SIZE, 0, &err), 0);
	}
	t.job = (struct pipeline_job){
		.index = &t.payload.index, .targets = t.disks, .n_targets = 2, .note = note};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pipeline_result_clear(&t.result);
	payload_clear(&t.payload);
	for (unsigned i = 0; i < 2; i++)
		close(t.disks[i].fd);
	return 0;
}

static int read_back(struct err *err)
{
	*err = (struct err){0};
	pipeline_result_clear(&t.result);
	return pipeline_read_back(&t.job, &t.result, err);
}

static void flip(unsigned disk, unsigned chunk, uint32_t byte)
{
	uint64_t at = (uint64_t)chunk * CHUNK + byte;
	struct err err = {0};
	uint8_t value;

	assert_int_equal(pread_full(t.disks[disk].fd, &value, 1, at, &err), 0);
	value ^= 0x40;
	assert_int_equal(pwrite_full(t.disks[disk].fd, &value, 1, at, &err), 0);
}

static void test_whole(void **state)
{
	struct err err;

	(void)state;
	flip(0, 0, 5); /* the first chunk is another's */
	assert_int_equal(read_back(&err), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(t.result.targets[i].chunks_read, CHUNKS - 1);
		assert_int_equal(t.result.targets[i].read_back, SIZE - CHUNK);
		for (unsigned k = 0; k < CHUNKS; k++)
			assert_int_equal(bits_get(t.result.targets[i].proven, k), k > 0);
	}
	assert_int_equal(pipeline_read_back(&t.job, &t.result, &err), 0);
	assert_int_equal(t.result.targets[0].chunks_read, CHUNKS - 1); /* what is proven is not read again */
}

/* In data, in zeros, in the last, short chunk; on either disk. */
static void test_one_flipped_byte(void **state)
{
	const unsigned chunks[] = {1, 500, 999, CHUNKS - 1};
	struct err err;
	char text[64];

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		unsigned disk = i % 2, chunk = chunks[i / 2];

		flip(disk, chunk, TAIL - 1);
		assert_int_equal(read_back(&err), -EBADMSG);
		snprintf(text, sizeof(text), "%s: read back from the disk: chunk %u:", t.disks[disk].name,
			 chunk);
		assert_non_null(strstr(err.text, text));
		assert_int_equal(t.result.targets[disk].lost.code, EBADMSG);
		assert_int_equal(t.result.targets[!disk].lost.code, 0);
		assert_false(bits_get(t.result.targets[disk].proven, chunk));
		flip(disk, chunk, TAIL - 1);
	}
	assert_int_equal(read_back(&err), 0);
}

static void test_data_that_reads_as_zeros(void **state)
{
	static const uint8_t zeros[CHUNK];
	struct err err;

	(void)state;
	assert_int_equal(pwrite_full(t.disks[0].fd, zeros, CHUNK, 77 * CHUNK, &err), 0);
	assert_int_equal(read_back(&err), -EBADMSG);
	assert_non_null(strstr(err.text, "chunk 77: reads as zeros"));
}

static void test_a_disk_that_differs_is_left_behind(void **state)
{
	struct err err;

	(void)state;
	t.job.go_on_without_lost = true;
	flip(1, 3, 0);
	assert_int_equal(read_back(&err), 0);
	assert_int_equal(t.result.targets[0].chunks_read, CHUNKS - 1);
	assert_int_equal(t.result.targets[1].lost.code, EBADMSG);
	assert_int_equal(t.notes, 1);
	flip(0, 900, 0);
	pipeline_result_clear(&t.result);
	assert_int_equal(pipeline_read_back(&t.job, &t.result, &err), -EBADMSG); /* none is left */
}

static void test_a_disk_that_cannot_be_read(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(ftruncate(t.disks[1].fd, 10 * CHUNK), 0);
	assert_int_equal(read_back(&err), -EIO);
	assert_non_null(strstr(err.text, "second: reading back chunk 1"));
}

static void test_a_sample(void **state)
{
	struct bits *first;
	struct err err;
	bool differs = false;

	(void)state;
	t.job.verify = PIPELINE_VERIFY_SAMPLED;
	assert_int_equal(read_back(&err), 0);
	first = t.result.targets[0].proven;
	t.result.targets[0].proven = NULL;
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(t.result.targets[i].chunks_read, (CHUNKS - 1) / 10);
	assert_int_equal(read_back(&err), 0);
	for (unsigned k = 0; k < CHUNKS; k++)
		differs |= bits_get(first, k) != bits_get(t.result.targets[0].proven, k);
	assert_true(differs); /* another time, other places */
	assert_false(bits_get(first, 0));
	free(first);
}

static void test_a_sample_of_a_small_image(void **state)
{
	struct err err;

	(void)state;
	t.job.verify = PIPELINE_VERIFY_SAMPLED;
	t.payload.index.n_chunks = 200;
	t.payload.index.size = 200 * CHUNK;
	assert_int_equal(read_back(&err), 0);
	assert_int_equal(t.result.targets[0].chunks_read, 64);
	t.payload.index.n_chunks = 50;
	t.payload.index.size = 50 * CHUNK;
	assert_int_equal(read_back(&err), 0);
	assert_int_equal(t.result.targets[0].chunks_read, 49);
}

static void test_none(void **state)
{
	struct err err;

	(void)state;
	t.job.verify = PIPELINE_VERIFY_NONE;
	flip(0, 5, 5);
	assert_int_equal(read_back(&err), 0);
	assert_int_equal(t.result.targets[0].chunks_read, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_whole),
		T(test_one_flipped_byte),
		T(test_data_that_reads_as_zeros),
		T(test_a_disk_that_differs_is_left_behind),
		T(test_a_disk_that_cannot_be_read),
		T(test_a_sample),
		T(test_a_sample_of_a_small_image),
		T(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
