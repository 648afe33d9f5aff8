/* rooms: core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/hash.h"
#include "core/io.h"

/* FIPS 180-4's example */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void test_digest(void **state)
{
	_cleanup_(sha256_stream_freep) struct sha256_stream *s = sha256_stream_new();
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];

	(void)state;
	sha256_hex("abc", 3, hex);
	assert_string_equal(hex, ABC);
	for (int round = 0; round < 2; round++) {
		sha256_stream_add(s, "a", 1);
		sha256_stream_add(s, "bc", 2);
		sha256_stream_end(s, digest);
		hex_encode(digest, sizeof(digest), hex);
		assert_string_equal(hex, ABC);
	}
}

static void test_file(void **state)
{
	char path[] = "/tmp/remint-hash-XXXXXX", hex[SHA256_HEX_SIZE];
	_cleanup_close_ int fd = mkstemp(path);
	uint8_t digest[SHA256_SIZE];
	struct err err = {0};
	uint64_t size;
	int r;

	(void)state;
	assert_int_equal(write_full(fd, "abc", 3, &err), 0);
	r = sha256_file(path, digest, &size, &err);
	unlink(path);
	assert_int_equal(r, 0);
	assert_int_equal(size, 3);
	hex_encode(digest, sizeof(digest), hex);
	assert_string_equal(hex, ABC);
	assert_int_equal(sha256_file(path, digest, NULL, &err), -ENOENT);
}

static void test_hex(void **state)
{
	uint8_t bytes[2];

	(void)state;
	assert_int_equal(hex_decode("aB01", bytes, 2), 0);
	assert_int_equal(bytes[0] << 8 | bytes[1], 0xab01);
	assert_int_equal(hex_decode("ab0", bytes, 2), -EBADMSG);
	assert_int_equal(hex_decode("ab011", bytes, 2), -EBADMSG);
	assert_int_equal(hex_decode("ab0g", bytes, 2), -EBADMSG);
	assert_int_equal(hex_decode(" ab01", bytes, 2), -EBADMSG);
	assert_int_equal(hex_decode("", bytes, 2), -EBADMSG);
}

static void test_random_and_secrets(void **state)
{
	uint8_t a[32] = {0}, b[32] = {0};

	(void)state;
	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	assert_false(equal_secret(a, b, sizeof(a)));
	memcpy(b, a, sizeof(b));
	assert_true(equal_secret(a, b, sizeof(a)));
	b[31] ^= 1;
	assert_false(equal_secret(a, b, sizeof(a)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_random_and_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
