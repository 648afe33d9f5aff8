/* rooms: images/boot protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a signature of an EFI program covers, on systemd's stub. That firmware measures the same, the captured logs say (test_measured); that
 * Debian's signature of its kernel and sbsign's cover the same, tests/boot/test_measure.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/io.h"
#include "images/boot/authenticode.h"
#include "images/boot/pe.h"
#include "images/boot/uki.h"

static uint8_t *stub; /* with 64 bytes of room behind it */
static size_t stub_len;
static struct pe_file pe;
static uint8_t digest[SHA256_SIZE];

static int read_stub(void **state)
{
	_cleanup_free_ char *bytes = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(file_read(UKI_STUB, UKI_STUB_MAX, &bytes, &stub_len, &err), 0);
	/* Behind its sections is a symbol table, which is no multiple of 8 long. */
	stub_len = stub_len / 8 * 8;
	stub = xcalloc(1, stub_len + 64);
	memcpy(stub, bytes, stub_len);
	assert_int_equal(pe_read(stub, stub_len, &pe, &err), 0);
	return authenticode_sha256(stub, stub_len, digest, &err);
}

static int drop_stub(void **state)
{
	(void)state;
	free(stub);
	return 0;
}

static bool same_digest(size_t len)
{
	uint8_t now[SHA256_SIZE];
	struct err err = {0};

	assert_int_equal(authenticode_sha256(stub, len, now, &err), 0);
	return !memcmp(now, digest, sizeof(now));
}

static void set_security(uint32_t at, uint32_t len)
{
	struct pe_data_directory entry = {at, len};

	memcpy(stub + pe.security_at, &entry, sizeof(entry));
}

static void test_left_out(void **state)
{
	(void)state;
	stub[pe.checksum_at] ^= 1;
	stub[pe.checksum_at + 3] ^= 1;
	assert_true(same_digest(stub_len));
	set_security((uint32_t)stub_len, 64);
	memset(stub + stub_len, 'S', 64);
	assert_true(same_digest(stub_len + 64));
}

static void test_covered(void **state)
{
	const struct pe_section_header *text = &pe.sections[0];
	const size_t places[] = {0x60,               /* the DOS program */
				 pe.checksum_at - 5, /* SizeOfImage */
				 pe.checksum_at + 4,
				 pe.security_at - 1,
				 pe.security_at + 8,
				 pe.headers_len - 1,
				 text->PointerToRawData,
				 text->PointerToRawData + text->SizeOfRawData - 1,
				 stub_len - 1};

	(void)state;
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		stub[places[i]] ^= 1;
		assert_false(same_digest(stub_len));
		stub[places[i]] ^= 1;
	}
	assert_true(same_digest(stub_len));
}

static void expect_refused(size_t len, const char *says)
{
	uint8_t ret[SHA256_SIZE];
	struct err err = {0};

	assert_int_equal(authenticode_sha256(stub, len, ret, &err), -EBADMSG);
	if (!strstr(err.text, says))
		fail_msg("\"%s\" does not say \"%s\"", err.text, says);
}

static void test_refused(void **state)
{
	struct pe_section_header *section = (void *)(stub + ((const uint8_t *)pe.sections - stub));

	(void)state;
	expect_refused(63, "not an EFI program");
	expect_refused(200, "headers are cut off");
	expect_refused(pe.headers_len - 1, "section table");
	expect_refused(60000, "beyond the program's end");
	set_security((uint32_t)stub_len - 8, 16);
	expect_refused(stub_len, "certificate table is not at its end");
	set_security(0, 0xffffffff);
	expect_refused(stub_len, "certificate table is not at its end");
	set_security(0, 0);
	section[0].PointerToRawData = 0;
	section[0].SizeOfRawData = (uint32_t)stub_len;
	expect_refused(stub_len, "overlap");
}

static void test_sections(void **state)
{
	size_t len = 0;
	const char *magic = pe_section(&pe, ".sdmagic", &len);

	(void)state;
	assert_non_null(magic);
	assert_in_range(len, 20, 100);
	assert_memory_equal(magic, "#### LoaderInfo: systemd-stub ", 30);
	assert_null(pe_section(&pe, ".linux", &len));
}

/* Every byte of the headers set to 0xff, and to 0, in turn: refused or not, never beyond the buffer. */
static void test_damaged_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * pe.headers_len; i++) {
		uint8_t ret[SHA256_SIZE], was = stub[i / 2];
		struct err err = {0};

		stub[i / 2] = i % 2 ? 0xff : 0;
		(void)!authenticode_sha256(stub, stub_len, ret, &err);
		stub[i / 2] = was;
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, read_stub, drop_stub)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_left_out), TEST(test_covered),         TEST(test_refused),
		TEST(test_sections), TEST(test_damaged_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
