/* rooms: efi core */
/* SPDX-License-Identifier: Apache-2.0 */
/* A partition table that sfdisk made (the fuzzer's corpus has it), and what is refused of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <zlib.h>

#include "core/io.h"
#include "efi/gpt.h"

#define TABLE   "tests/fuzz/corpus/gpt/two-partitions" /* of a disk of 2048 blocks of 512 bytes; its first 34 */
#define HEADER  512u
#define ENTRIES 1024u

static uint8_t *table;
static size_t table_len;

static int read_table(void **state)
{
	struct err err = {0};

	(void)state;
	return file_read(TABLE, 65536, (char **)&table, &table_len, &err);
}

static int drop_table(void **state)
{
	(void)state;
	free(table);
	return 0;
}

/* Makes both CRCs right again (zlib's code, not ours). */
static void seal(void)
{
	uint32_t crc = (uint32_t)crc32(0, table + ENTRIES, 128 * 128);

	memcpy(table + HEADER + 88, &crc, 4);
	memset(table + HEADER + 16, 0, 4);
	crc = (uint32_t)crc32(0, table + HEADER, 92);
	memcpy(table + HEADER + 16, &crc, 4);
}

static void put64(size_t at, uint64_t value)
{
	memcpy(table + at, &value, 8);
}

static void expect_bad(const char *says)
{
	struct gpt *gpt = NULL;
	struct err err = {0};

	assert_int_equal(gpt_read(table, table_len, 512, &gpt, &err), -EBADMSG);
	assert_null(gpt);
	assert_non_null(strstr(err.text, says));
}

static void test_read(void **state)
{
	_cleanup_(gpt_freep) struct gpt *gpt = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(gpt_read(table, table_len, 512, &gpt, &err), 0);
	assert_int_equal(gpt->n_partitions, 2);
	assert_int_equal(gpt->backup, 2047);
	assert_int_equal(gpt->partitions[0].number, 1);
	assert_int_equal(gpt->partitions[0].size, 200);
	assert_string_equal(gpt->partitions[0].type, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
	assert_int_equal(gpt->partitions[1].size, 100);
	assert_int_equal(gpt->partitions[1].start, gpt->partitions[0].start + 200);
	assert_ptr_equal(gpt_find(gpt, gpt->partitions[1].guid), &gpt->partitions[1]);
	assert_null(gpt_find(gpt, "00000000-0000-0000-0000-000000000000"));
}

static void test_crcs(void **state)
{
	(void)state;
	table[ENTRIES + 60] ^= 1;
	expect_bad("the entries' CRC");
	table[HEADER + 60] ^= 1;
	expect_bad("the GPT header's CRC");
}

static void test_sealed_nonsense(void **state)
{
	(void)state;
	put64(ENTRIES + 40, 1u << 30);
	seal();
	expect_bad("partition 1 is not within");
	put64(ENTRIES + 40, UINT64_MAX);
	put64(ENTRIES + 32, UINT64_MAX);
	seal();
	expect_bad("partition 1 is not within");
}

static void test_overlap(void **state)
{
	(void)state;
	memcpy(table + ENTRIES + 128 + 32, table + ENTRIES + 40, 8);
	seal();
	expect_bad("partition 2 overlaps");
}

static void test_entries_elsewhere(void **state)
{
	static const uint64_t places[] = {0, 1, 35, UINT64_MAX, UINT64_MAX / 512};

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		put64(HEADER + 72, places[i]);
		seal();
		expect_bad("do not lie behind the header");
	}
}

static void test_header_fields(void **state)
{
	static const uint32_t counts[] = {0, 1025, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		memcpy(table + HEADER + 80, &counts[i], 4);
		seal();
		expect_bad("entries of 128 bytes");
	}
	table[HEADER + 12] = 91;
	expect_bad("size or place");
	table[HEADER] = 'X';
	expect_bad("no GPT header");
	table_len = 1023;
	expect_bad("too little");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_read, read_table, drop_table),
		cmocka_unit_test_setup_teardown(test_crcs, read_table, drop_table),
		cmocka_unit_test_setup_teardown(test_sealed_nonsense, read_table, drop_table),
		cmocka_unit_test_setup_teardown(test_overlap, read_table, drop_table),
		cmocka_unit_test_setup_teardown(test_entries_elsewhere, read_table, drop_table),
		cmocka_unit_test_setup_teardown(test_header_fields, read_table, drop_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
