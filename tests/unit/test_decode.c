/* rooms: images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The decoder: the hash comes first, and then one frame of exactly the chunk's length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <zstd.h>

#include "core/io.h"
#include "images/decode.h"

#define PLAIN 10000u /* bytes of the only chunk */

struct one {
	uint8_t plain[PLAIN], frame[32768];
	struct chunk chunk;
	struct index index;
	struct decoder *decoder;
	bool same; /* what was decoded is the plain chunk */
};

/* What the frame is now becomes what the index says. */
static void hash_frame(struct one *o)
{
	sha256(o->frame, o->chunk.length, o->chunk.frame_sha256);
}

static int make(void **state)
{
	struct one *o = xcalloc(1, sizeof(*o));
	struct err err = {0};

	for (uint32_t i = 0; i < PLAIN; i++)
		o->plain[i] = (uint8_t)(i * i >> 7);
	o->chunk.length = (uint32_t)ZSTD_compress(o->frame, sizeof(o->frame), o->plain, PLAIN, 3);
	hash_frame(o);
	sha256(o->plain, PLAIN, o->chunk.plain_sha256);
	o->index = (struct index){
		.size = PLAIN, .chunk_size = IMAGE_CHUNK_SIZE, .n_chunks = 1, .chunks = &o->chunk};
	assert_int_equal(decoder_new(&o->decoder, &err), 0);
	*state = o;
	return 0;
}

static int clear(void **state)
{
	struct one *o = *state;

	decoder_free(o->decoder);
	free(o);
	return 0;
}

/* Decodes into a buffer of exactly the chunk's size, so that the address sanitizer sees a byte too many. Returns the
 * sentence, or NULL for success; *ret_untouched: no byte of the buffer was written. */
static const char *run(struct one *o, bool *ret_untouched)
{
	static struct err err;
	_cleanup_free_ uint8_t *out = malloc(PLAIN), *frame = malloc(o->chunk.length);
	int r;

	memset(out, 0x5a, PLAIN);
	memcpy(frame, o->frame, o->chunk.length);
	r = decoder_run(o->decoder, &o->index, 0, frame, out, &err);
	*ret_untouched = true;
	for (uint32_t i = 0; i < PLAIN; i++)
		*ret_untouched &= out[i] == 0x5a;
	o->same = !memcmp(out, o->plain, PLAIN);
	if (r == 0)
		return NULL;
	assert_int_equal(r, -EBADMSG);
	assert_non_null(strstr(err.text, "chunk 0"));
	return err.text;
}

static void assert_refused(struct one *o, const char *says)
{
	bool untouched;
	const char *text = run(o, &untouched);

	if (!text || !strstr(text, says))
		fail_msg("\"%s\" does not say \"%s\"", text ? text : "accepted", says);
}

static void test_good(void **state)
{
	struct one *o = *state;
	struct err err;
	bool untouched;

	assert_null(run(o, &untouched));
	assert_true(o->same);
	assert_null(run(o, &untouched)); /* the context is used again */
	assert_int_equal(chunk_check_plain(&o->index, 0, o->plain, &err), 0);
	o->plain[PLAIN - 1] ^= 1;
	assert_int_equal(chunk_check_plain(&o->index, 0, o->plain, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "chunk 0"));
	assert_int_equal(chunk_check_plain(&o->index, 1, o->plain, &err), -EINVAL);
	assert_int_equal(decoder_run(o->decoder, &o->index, 1, o->frame, o->plain, &err), -EINVAL);
}

static void test_hash_first(void **state)
{
	struct one *o = *state;
	bool untouched;

	for (uint32_t i = 0; i < o->chunk.length; i += 97) {
		o->frame[i] ^= 0x10;
		assert_non_null(strstr(run(o, &untouched), "SHA-256 mismatch"));
		assert_true(untouched);
		o->frame[i] ^= 0x10;
	}
}

/* Under a hash that is right. */
static void test_damaged(void **state)
{
	struct one *o = *state;
	uint32_t len = o->chunk.length;
	bool untouched;

	o->chunk.length = len - 1;
	hash_frame(o);
	assert_refused(o, "cut short");
	o->chunk.length = 3;
	hash_frame(o);
	assert_refused(o, "not a zstd frame");
	o->chunk.length = len;
	for (uint32_t i = 4; i < len; i++) { /* whatever zstd makes of it: in bounds */
		o->frame[i] ^= 0x40;
		hash_frame(o);
		(void)!run(o, &untouched);
		o->frame[i] ^= 0x40;
	}
	hash_frame(o);
	assert_null(run(o, &untouched));
	assert_true(o->same);
}

static void test_more_than_a_frame(void **state)
{
	static const uint8_t skippable[] = {0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0};
	struct one *o = *state;
	uint32_t len = o->chunk.length;

	memcpy(o->frame + len, o->frame, len); /* twice the frame */
	o->chunk.length = 2 * len;
	hash_frame(o);
	assert_refused(o, "more follows");
	memcpy(o->frame + len, skippable, sizeof(skippable));
	o->chunk.length = len + sizeof(skippable);
	hash_frame(o);
	assert_refused(o, "more follows");
	memmove(o->frame + sizeof(skippable), o->frame, len);
	memcpy(o->frame, skippable, sizeof(skippable));
	hash_frame(o);
	assert_refused(o, "not a zstd frame");
}

static void test_wrong_size(void **state)
{
	struct one *o = *state;
	_cleanup_free_ uint8_t *more = xcalloc(1, PLAIN + 1);
	ZSTD_CCtx *cctx = ZSTD_createCCtx();

	o->chunk.length = (uint32_t)ZSTD_compress(o->frame, sizeof(o->frame), more, PLAIN + 1, 3);
	hash_frame(o);
	assert_refused(o, "chunk's size");
	o->chunk.length = (uint32_t)ZSTD_compress(o->frame, sizeof(o->frame), more, PLAIN - 1, 3);
	hash_frame(o);
	assert_refused(o, "chunk's size");
	/* a frame that does not say how long it is */
	ZSTD_CCtx_setParameter(cctx, ZSTD_c_contentSizeFlag, 0);
	o->chunk.length = (uint32_t)ZSTD_compress2(cctx, o->frame, sizeof(o->frame), o->plain, PLAIN);
	ZSTD_freeCCtx(cctx);
	hash_frame(o);
	assert_refused(o, "chunk's size");
}

/* A frame that announces the chunk's size and holds less: RFC 8878, one raw block of 4 bytes. */
static void test_lies_about_size(void **state)
{
	static const uint8_t lie[] = {0x28, 0xb5, 0x2f, 0xfd, /* magic */
				      0xa0,                   /* single segment, content size in 4 bytes */
				      0x10, 0x27, 0,    0,    /* 10000 */
				      0x21, 0,    0,          /* last block, raw, 4 bytes */
				      1,    2,    3,    4};
	struct one *o = *state;
	bool untouched;

	memcpy(o->frame, lie, sizeof(lie));
	o->chunk.length = sizeof(lie);
	hash_frame(o);
	assert_non_null(run(o, &untouched));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good, make, clear),
		cmocka_unit_test_setup_teardown(test_hash_first, make, clear),
		cmocka_unit_test_setup_teardown(test_damaged, make, clear),
		cmocka_unit_test_setup_teardown(test_more_than_a_frame, make, clear),
		cmocka_unit_test_setup_teardown(test_wrong_size, make, clear),
		cmocka_unit_test_setup_teardown(test_lies_about_size, make, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
