/* rooms: images/store images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces of images/store: streams fed in any portions, limits, a payload's frames, what S3 answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <lzma.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include "core/io.h"
#include "images/content.h"
#include "images/store/partial.h"
#include "images/store/s3_credentials.h"
#include "images/store/s3_xml.h"
#include "images/store/scratch.h"
#include "images/store/unpack.h"

#define PLAIN \
	(2 * UNPACK_PIECE) /* a whole number of pieces: the end of the output falls on the end of a piece */

struct gathered {
	uint8_t *buf;
	size_t len;
};

static int gather(void *data, const void *buf, size_t len, struct err *err)
{
	struct gathered *g = data;

	(void)err;
	assert_true(len <= UNPACK_PIECE && g->len + len <= PLAIN);
	memcpy(g->buf + g->len, buf, len);
	g->len += len;
	return 0;
}

static uint8_t *make_plain(void)
{
	uint8_t *plain = xcalloc(1, PLAIN);
	uint32_t x = 7;

	for (size_t i = 0; i < PLAIN / 3; i++)
		plain[i * 3] = (uint8_t)((x = x * 1664525 + 1013904223) >> 29);
	return plain;
}

static size_t deflate_all(const uint8_t *plain, uint8_t *out, size_t size)
{
	z_stream z = {.next_in = (Bytef *)plain, .avail_in = PLAIN, .next_out = out, .avail_out = (uInt)size};

	assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return size - z.avail_out;
}

static size_t compress_as(enum content content, const uint8_t *plain, uint8_t *out, size_t size)
{
	size_t n = 0;

	if (content == CONTENT_GZIP)
		return deflate_all(plain, out, size);
	if (content == CONTENT_ZSTD)
		return ZSTD_compress(out, size, plain, PLAIN, 1);
	assert_int_equal(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, NULL, plain, PLAIN, out, &n, size),
			 LZMA_OK);
	return n;
}

static int unpack_in(enum content content, const uint8_t *buf, size_t len, size_t portion, struct gathered *g,
		     struct err *err)
{
	_cleanup_(unpacker_freep) struct unpacker *u = NULL;
	int r = unpacker_new(content, gather, g, &u, err);

	g->len = 0;
	for (size_t at = 0; r == 0 && at < len; at += portion)
		r = unpacker_add(u, buf + at, len - at < portion ? len - at : portion, err);
	return r == 0 ? unpacker_end(u, err) : r;
}

static void test_portions(void **state)
{
	static const enum content contents[] = {CONTENT_GZIP, CONTENT_XZ, CONTENT_ZSTD};
	static const size_t portions[] = {1, 1000, 1u << 20, 64u << 20};
	_cleanup_free_ uint8_t *plain = make_plain(), *packed = xcalloc(1, PLAIN), *back = xcalloc(1, PLAIN);
	struct gathered g = {.buf = back};
	struct err err = {0};

	(void)state;
	for (size_t c = 0; c < 3; c++) {
		size_t len = compress_as(contents[c], plain, packed, PLAIN);
		enum content found;

		assert_int_equal(content_detect(packed, CONTENT_HEAD, &found, &err), 0);
		assert_int_equal(found, contents[c]);
		for (size_t p = 0; p < 4; p++) {
			assert_int_equal(unpack_in(found, packed, len, portions[p], &g, &err), 0);
			assert_int_equal(g.len, PLAIN);
			assert_memory_equal(back, plain, PLAIN);
			assert_int_equal(unpack_in(found, packed, len - 1, portions[p], &g, &err), -EBADMSG);
			assert_non_null(strstr(err.text, "cut short"));
		}
		packed[len] = 'x';
		assert_int_equal(unpack_in(found, packed, len + 1, 1000, &g, &err), -EBADMSG);
	}
	assert_int_equal(unpack_in(CONTENT_RAW, plain, PLAIN, 777, &g, &err), 0);
	assert_memory_equal(back, plain, PLAIN);
}

static void test_scratch(void **state)
{
	char dir[] = "/tmp/remint-parts-XXXXXX";
	_cleanup_free_ char *out = NULL, *path = NULL;
	_cleanup_free_ uint8_t *buf = xcalloc(1, 300000), *back = xcalloc(1, 300000);
	struct scratch *s = NULL;
	struct err err = {0};
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	out = path_join(dir, "image/");
	assert_int_equal(scratch_new(out, 10 << 20, &s, &err), 0);
	path = xstrdup(scratch_path(s));
	buf[5] = buf[250000] = 1;
	assert_int_equal(scratch_add(s, buf, 300000, &err), 0);
	for (int i = 0; i < 33; i++)
		assert_int_equal(scratch_add(s, buf + 5000, 200000, &err), 0); /* zeros */
	assert_int_equal(scratch_add(s, buf, 4 << 20, &err), -EFBIG);
	assert_int_equal(scratch_end(s, &err), 0);
	assert_int_equal(fstat(scratch_fd(s), &st), 0);
	assert_int_equal(st.st_size, 300000 + 33 * 200000);
	assert_true(st.st_blocks * 512 <= 4 * 65536);
	assert_int_equal(pread_full(scratch_fd(s), back, 300000, 0, &err), 0);
	assert_memory_equal(back, buf, 300000);
	scratch_free(s);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(rmdir(dir), 0);
}

/* Two chunks whose frames are "one" and "three". */
static void test_frames(void **state)
{
	struct chunk chunks[2] = {{.offset = 0, .length = 3}, {.offset = 3, .length = 5}};
	struct index index = {
		.size = 5 << 20, .chunk_size = IMAGE_CHUNK_SIZE, .n_chunks = 2, .chunks = chunks};
	char path[] = "/tmp/remint-frames-XXXXXX";
	_cleanup_close_ int fd = mkstemp(path);
	struct partial *f = NULL;
	struct err err = {0};
	uint64_t offset, len;
	char back[8];

	(void)state;
	unlink(path);
	sha256("one", 3, chunks[0].frame_sha256);
	sha256("three", 5, chunks[1].frame_sha256);
	assert_int_equal(write_full(fd, "onething", 8, &err), 0);
	assert_int_equal(partial_new(&index, 8, fd, &f, &err), 0);
	assert_int_equal(partial_find(f, 2, &err), 0);
	assert_int_equal(partial_have(f), 3);
	assert_true(partial_missing(f, &offset, &len) && offset == 3 && len == 5);
	partial_seek(f, offset);
	assert_int_equal(partial_take(f, "thr", 3, &err), 0);
	assert_int_equal(partial_take(f, "eX", 2, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "chunk 1: SHA-256 mismatch"));
	assert_int_equal(pread_full(fd, back, 8, 0, &err), 0);
	assert_memory_equal(back, "onething", 8);
	partial_seek(f, offset);
	assert_int_equal(partial_take(f, "thre", 4, &err), 0);
	assert_int_equal(partial_take(f, "e", 1, &err), 0);
	assert_false(partial_missing(f, &offset, &len));
	assert_int_equal(partial_take(f, "e", 1, &err), -EPROTO);
	assert_int_equal(pread_full(fd, back, 8, 0, &err), 0);
	assert_memory_equal(back, "onethree", 8);
	partial_free(f);
}

static void test_xml(void **state)
{
	_cleanup_free_ char *escaped = s3_xml_escape("\"a&<b>\""), *encoded = s3_uri_encode("a/b+c=~é");
	char text[16];

	(void)state;
	assert_string_equal(escaped, "&quot;a&amp;&lt;b&gt;&quot;");
	assert_string_equal(encoded, "a%2Fb%2Bc%3D~%C3%A9");
	assert_int_equal(s3_xml_text("<x><Code>A&amp;B</Code></x>", "Code", text, sizeof(text)), 0);
	assert_string_equal(text, "A&B");
	assert_int_equal(s3_xml_text("<Code>0123456789012345</Code>", "Code", text, sizeof(text)), -ENOENT);
	assert_int_equal(s3_xml_text("<Code>012345678901234</Code>", "Code", text, sizeof(text)), 0);
	assert_int_equal(s3_xml_text("<Code>A", "Code", text, sizeof(text)), -ENOENT);
	assert_int_equal(s3_xml_text("</Code><Code>", "Code", text, sizeof(text)), -ENOENT);
	assert_int_equal(s3_xml_text("", "Code", text, sizeof(text)), -ENOENT);
}

static void test_qcow2_header(void **state)
{
	uint8_t head[CONTENT_HEAD] = {'Q', 'F', 'I', 0xfb, 0, 0, 0, 3};
	struct err err = {0};

	(void)state;
	assert_int_equal(content_check_qcow2(head, sizeof(head), &err), 0);
	assert_int_equal(content_check_qcow2(head, 71, &err), -EBADMSG);
	head[15] = 1;
	assert_int_equal(content_check_qcow2(head, sizeof(head), &err), -EINVAL);
	head[15] = 0;
	head[79] = 4;
	assert_int_equal(content_check_qcow2(head, sizeof(head), &err), -EINVAL);
	head[7] = 2; /* version 2 has no such field */
	assert_int_equal(content_check_qcow2(head, sizeof(head), &err), 0);
	head[24] = 1;
	assert_int_equal(content_check_qcow2(head, sizeof(head), &err), -EFBIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_portions),     cmocka_unit_test(test_scratch),
		cmocka_unit_test(test_frames),       cmocka_unit_test(test_xml),
		cmocka_unit_test(test_qcow2_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
