/* rooms: images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The chunk index: what is read is what was written, and every field has its bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/io.h"
#include "images/index.h"

#define LAST 512u /* bytes of the third and last chunk */
enum { N = 3, LEN = 64 + N * 80 };

static const uint32_t lengths[N] = {1000, 150, 30};

/* Chunk 1 and chunk 2, the short one, are zeros. */
static void make(uint8_t bytes[LEN], struct manifest *m)
{
	static const uint8_t zeros[IMAGE_CHUNK_SIZE];
	struct chunk chunks[N] = {0};
	struct index index = {.size = 2ull * IMAGE_CHUNK_SIZE + LAST,
			      .chunk_size = IMAGE_CHUNK_SIZE,
			      .n_chunks = N,
			      .chunks = chunks};
	_cleanup_free_ void *made = NULL;
	uint64_t offset = 0;
	size_t len;

	for (int i = 0; i < N; i++) {
		chunks[i] =
			(struct chunk){.offset = offset, .length = lengths[i], .flags = i ? CHUNK_ZERO : 0};
		memset(chunks[i].frame_sha256, 0xf0 + i, SHA256_SIZE);
		offset += lengths[i];
	}
	memset(chunks[0].plain_sha256, 0xaa, SHA256_SIZE);
	sha256(zeros, IMAGE_CHUNK_SIZE, chunks[1].plain_sha256);
	sha256(zeros, LAST, chunks[2].plain_sha256);
	made = index_bytes(&index, &len);
	assert_int_equal(len, LEN);
	memcpy(bytes, made, LEN);
	*m = (struct manifest){.size = index.size, .index_size = LEN, .payload_size = offset};
}

/* As a signer who lies would: the manifest names the hash of the bytes as they are. */
static int parse(const uint8_t *bytes, size_t len, struct manifest *m, struct index **ret, struct err *err)
{
	sha256(bytes, len, m->index_sha256);
	return index_parse(bytes, len, m, ret, err);
}

static void test_round_trip(void **state)
{
	_cleanup_(index_freep) struct index *index = NULL;
	_cleanup_free_ void *again = NULL;
	uint8_t bytes[LEN];
	struct manifest m;
	struct err err = {0};
	size_t len;

	(void)state;
	make(bytes, &m);
	assert_int_equal(parse(bytes, LEN, &m, &index, &err), 0);
	assert_int_equal(index->n_chunks, N);
	assert_int_equal(index->chunks[2].offset, 1150);
	assert_int_equal(index->data_chunks, 1);
	assert_int_equal(index->data_bytes, 1000);
	assert_int_equal(index_chunk_len(index, 1), IMAGE_CHUNK_SIZE);
	assert_int_equal(index_chunk_len(index, 2), LAST);
	again = index_bytes(index, &len);
	assert_int_equal(len, LEN);
	assert_memory_equal(again, bytes, LEN);
}

static void test_hash(void **state)
{
	struct index *index = NULL;
	struct err err = {0};
	uint8_t bytes[LEN];
	struct manifest m;

	(void)state;
	make(bytes, &m);
	sha256(bytes, LEN, m.index_sha256);
	for (size_t at = 0; at < LEN; at++) {
		bytes[at] ^= 1;
		assert_int_equal(index_parse(bytes, LEN, &m, &index, &err), -EBADMSG);
		assert_non_null(strstr(err.text, "SHA-256"));
		bytes[at] ^= 1;
	}
	assert_int_equal(index_parse(bytes, LEN - 1, &m, &index, &err), -EBADMSG);
	assert_null(index);
}

/* One changed byte under a hash that is right, and a word of the sentence that refuses it. */
static const struct {
	size_t at;
	uint8_t flip;
	const char *says;
} refused[] = {
	{0, 1, "magic"},
	{8, 2, "version"},
	{12, 1, "chunk size"},
	{14, 0xff, "chunk size"},
	{16, 1, "chunks"},
	{19, 0x80, "chunks"},
	{20, 1, "reserved"},
	{24, 1, "disk size"},
	{31, 0x80, "disk size"},
	{32, 1, "payload"},
	{40, 1, "reserved"},
	{63, 0x80, "reserved"},
	{64, 1, "chunk 0: offset"},
	{71, 0x80, "offset"},
	{72, 1, "chunk 1: offset"},
	{75, 0x80, "chunk 0: length"},
	{76, 2, "chunk 0: unknown"},
	{79, 0x80, "flags"},
	{76, 1, "chunk 0: marked zero"},
	{144, 1, "chunk 1: offset"},
	{192, 1, "chunk 1: marked zero"},
	{272, 1, "chunk 2: marked zero"},
	{232, 1, "make up"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct index *index = NULL;
		struct err err = {0};
		uint8_t bytes[LEN];
		struct manifest m;

		make(bytes, &m);
		bytes[refused[i].at] ^= refused[i].flip;
		if (parse(bytes, LEN, &m, &index, &err) != -EBADMSG)
			fail_msg("byte %zu was not refused", refused[i].at);
		assert_null(index);
		if (!strstr(err.text, refused[i].says))
			fail_msg("byte %zu: \"%s\"", refused[i].at, err.text);
	}
}

/* A length of no bytes, and one byte more than zstd ever needs. */
static void test_lengths(void **state)
{
	struct index *index = NULL;
	struct err err = {0};
	uint8_t bytes[LEN];
	struct manifest m;

	(void)state;
	make(bytes, &m);
	memset(bytes + 72, 0, 4);
	assert_int_equal(parse(bytes, LEN, &m, &index, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "chunk 0: length"));
	memcpy(bytes + 72, (uint8_t[]){0x01, 0x40, 0x40, 0}, 4); /* 0x400000 + 0x4000 is the bound */
	assert_int_equal(parse(bytes, LEN, &m, &index, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "chunk 0: length"));
}

/* The manifest is believed about nothing that the index does not bear out. */
static void test_against_manifest(void **state)
{
	struct index *index = NULL;
	struct err err = {0};
	uint8_t bytes[LEN];
	struct manifest m;

	(void)state;
	make(bytes, &m);
	m.size += 512;
	assert_int_equal(parse(bytes, LEN, &m, &index, &err), -EBADMSG);
	make(bytes, &m);
	m.payload_size++;
	assert_int_equal(parse(bytes, LEN, &m, &index, &err), -EBADMSG);
	make(bytes, &m);
	m.index_size = LEN - 80;
	assert_int_equal(parse(bytes, LEN - 80, &m, &index, &err), -EBADMSG);
	m.index_size = 10;
	assert_int_equal(parse(bytes, 10, &m, &index, &err), -EBADMSG);
	assert_null(index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),       cmocka_unit_test(test_hash),
		cmocka_unit_test(test_refused),          cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_against_manifest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
