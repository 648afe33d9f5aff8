/* rooms: core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed secrets: what opens them, and that nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/hash.h"
#include "core/seal.h"

#define ABOUT  "the password of bmc7"
#define SECRET "correct horse battery"
#define SIZE   (sizeof(SECRET) + SEAL_EXTRA)

static const uint8_t key[SEAL_KEY_SIZE] = {1, 2, 3}, other_key[SEAL_KEY_SIZE] = {1, 2, 4};

static void it_opens_with_its_key_and_what_it_is_about(void **state)
{
	uint8_t sealed[SIZE], again[SIZE];
	char out[sizeof(SECRET)];
	struct err err;

	(void)state;
	seal(key, ABOUT, SECRET, sizeof(SECRET), sealed);
	seal(key, ABOUT, SECRET, sizeof(SECRET), again);
	assert_memory_not_equal(sealed, again, SIZE);
	assert_null(memmem(sealed, SIZE, "horse", 5));
	assert_int_equal(seal_open(key, ABOUT, sealed, SIZE, out, &err), 0);
	assert_string_equal(out, SECRET);
	assert_int_equal(seal_open(key, ABOUT, again, SIZE, out, &err), 0);
	assert_string_equal(out, SECRET);
}

static void nothing_at_all_is_sealed_too(void **state)
{
	uint8_t sealed[SEAL_EXTRA];
	struct err err;
	char none[2] = "x";

	(void)state;
	seal(key, ABOUT, "", 0, sealed);
	assert_int_equal(seal_open(key, ABOUT, sealed, sizeof(sealed), none, &err), 0);
	assert_int_equal(seal_open(other_key, ABOUT, sealed, sizeof(sealed), none, &err), -EBADMSG);
	assert_int_equal(seal_open(key, "another", sealed, sizeof(sealed), none, &err), -EBADMSG);
	assert_string_equal(none, "x");
}

/* What Python's cryptography makes of the same key, nonce and texts: stores that are there stay readable. */
static void the_format_stays(void **state)
{
	static const char hex[] = "01000102030405060708090a0bf6aab2e28be30721c0e4f79a915c22fb76552453926d";
	uint8_t sealed[6 + SEAL_EXTRA];
	struct err err;
	char out[7] = "";

	(void)state;
	assert_int_equal(hex_decode(hex, sealed, sizeof(sealed)), 0);
	assert_int_equal(seal_open(key, "about", sealed, sizeof(sealed), out, &err), 0);
	assert_string_equal(out, "secret");
}

/* After a failure not even what was decrypted before the end is left. */
static void refused(const uint8_t *with, const char *about, const uint8_t *sealed, size_t len)
{
	static const char zero[sizeof(SECRET)];
	char out[sizeof(SECRET)];
	struct err err = {0};

	memset(out, 0, sizeof(out));
	assert_int_equal(seal_open(with, about, sealed, len, out, &err), -EBADMSG);
	assert_memory_equal(out, zero, sizeof(out));
	assert_null(strstr(err.text, "horse"));
}

static void it_opens_by_nothing_else(void **state)
{
	uint8_t sealed[SIZE];

	(void)state;
	seal(key, ABOUT, SECRET, sizeof(SECRET), sealed);
	refused(other_key, ABOUT, sealed, SIZE);
	refused(key, ABOUT ".", sealed, SIZE);
	refused(key, "", sealed, SIZE);
	for (size_t i = 0; i < SIZE; i++) {
		sealed[i] ^= 0x40;
		refused(key, ABOUT, sealed, SIZE);
		sealed[i] ^= 0x40;
	}
	for (size_t len = 0; len < SIZE; len++)
		refused(key, ABOUT, sealed, len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_opens_with_its_key_and_what_it_is_about),
		cmocka_unit_test(nothing_at_all_is_sealed_too),
		cmocka_unit_test(the_format_stays),
		cmocka_unit_test(it_opens_by_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
