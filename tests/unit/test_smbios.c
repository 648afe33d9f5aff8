/* rooms: agent/hw tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* A captured table, and tables that are made up to break the parser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/smbios/smbios.h"
#include "tests/fakes/machine_tree.h"

static struct err err;
static json_t *json;

static const char *text(const char *object, const char *key)
{
	return json_string_value(json_object_get(json_object_get(json, object), key));
}

static int clear(void **state)
{
	(void)state;
	json_decref(json);
	json = NULL;
	return 0;
}

static void test_captured_table(void **state)
{
	char *root = machine_tree_new();
	json_t *memory;

	(void)state;
	machine_tree_add_file(root, "tests/machines/qemu-q35.tree");
	assert_int_equal(smbios_read(root, &json, &err), 0);
	machine_tree_free(root);
	assert_string_equal(text("system", "manufacturer"), "ACME");
	assert_string_equal(text("system", "serial"), "S3R1AL");
	assert_string_equal(text("system", "uuid"), "00112233-4455-6677-8899-aabbccddeeff");
	assert_string_equal(text("bios", "vendor"), "SeaBIOS");
	memory = json_object_get(json, "memory");
	assert_int_equal(json_array_size(memory), 1);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(memory, 0), "size")), 512 << 20);
}

static void test_no_tables(void **state)
{
	char *root = machine_tree_new();

	(void)state;
	assert_int_equal(smbios_read(root, &json, &err), -ENOENT);
	machine_tree_add(root, "/sys/firmware/dmi/tables/DMI : 7f040000\n"
			       "/sys/firmware/dmi/tables/smbios_entry_point = nonsense\n");
	assert_int_equal(smbios_read(root, &json, &err), -EBADMSG);
	machine_tree_free(root);
}

#define UUID "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"
/* Type 1, 27 bytes: manufacturer 1, product 2, version 0, serial 9 (there is none), UUID, wake-up, SKU 1, family 0 */
#define SYSTEM                                                 \
	"\x01\x1b\x01\x00\x01\x02\x00\x09" UUID "\x06\x01\x00" \
	"  Maker \0Prod\x07uct\0"

static int parse(const char *table, size_t len, unsigned version)
{
	/* An exact copy on the heap, so that the sanitizer sees a read past the end. */
	void *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, table, len);
	json_decref(json);
	json = NULL;
	r = smbios_parse(copy, len, version, &json, &err);
	free(copy);
	return r;
}

static void test_uuid_order_and_strings(void **state)
{
	(void)state;
	/* The literal's own NUL ends the strings. */
	assert_int_equal(parse(SYSTEM, sizeof(SYSTEM), 0x0302), 0);
	assert_string_equal(text("system", "uuid"), "33221100-5544-7766-8899-aabbccddeeff");
	assert_string_equal(text("system", "manufacturer"), "Maker");
	assert_string_equal(text("system", "product"), "Prod?uct");
	assert_string_equal(text("system", "serial"), "");
	assert_string_equal(text("system", "sku"), "Maker");
	assert_int_equal(parse(SYSTEM, sizeof(SYSTEM), 0x0205), 0);
	assert_string_equal(text("system", "uuid"), "00112233-4455-6677-8899-aabbccddeeff");
}

static void test_every_cut_is_refused(void **state)
{
	(void)state;
	for (size_t len = 1; len < sizeof(SYSTEM); len++)
		assert_int_equal(parse(SYSTEM, len, 0x0300), -EBADMSG);
	assert_int_equal(parse(SYSTEM, 0, 0x0300), 0); /* an empty table is one */
}

static void test_lengths_that_lie(void **state)
{
	(void)state;
	assert_int_equal(parse("\x01\x03\x00\x00\x00\x00", 6, 0x0300), -EBADMSG);
	assert_int_equal(parse("\x01\xff\x00\x00\x00\x00", 6, 0x0300), -EBADMSG);
	/* A type 1 of 4 bytes has no fields at all. */
	assert_int_equal(parse("\x01\x04\x00\x00\x00\x00", 6, 0x0300), 0);
	assert_string_equal(text("system", "uuid"), "");
	/* What follows the end marker is not looked at. */
	assert_int_equal(parse("\x7f\x04\x00\x00\x00\x00\x01\x02", 8, 0x0300), 0);
}

/* Size at 0Ch and extended size at 1Ch */
static json_int_t memory_size(uint16_t size, uint32_t extended)
{
	char table[0x28 + 2] = {17, 0x28};

	memcpy(table + 0x0c, &size, 2);
	memcpy(table + 0x1c, &extended, 4);
	assert_int_equal(parse(table, sizeof(table), 0x0300), 0);
	if (!json_array_size(json_object_get(json, "memory")))
		return 0;
	json_t *value = json_object_get(json_array_get(json_object_get(json, "memory"), 0), "size");
	return json_is_null(value) ? -1 : json_integer_value(value);
}

static void test_memory_sizes(void **state)
{
	(void)state;
	assert_int_equal(memory_size(0, 0), 0); /* an empty slot is left out */
	assert_int_equal(memory_size(0xffff, 0), -1);
	assert_int_equal(memory_size(16384, 0), 16ll << 30);
	assert_int_equal(memory_size(0x8000 | 512, 0), 512 << 10);
	assert_int_equal(memory_size(0x7fff, 131072), 128ll << 30);
}

static void test_a_table_of_memory_alone_is_bounded(void **state)
{
	const size_t one = 0x12, n = 5000;
	char *table = calloc(n, one);

	(void)state;
	assert_non_null(table);
	for (size_t i = 0; i < n; i++) {
		table[i * one] = 17;
		table[i * one + 1] = 0x10;
		table[i * one + 0x0c] = 1;
	}
	assert_int_equal(parse(table, n * one, 0x0300), -EBADMSG);
	free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_captured_table, clear),
		cmocka_unit_test_teardown(test_no_tables, clear),
		cmocka_unit_test_teardown(test_uuid_order_and_strings, clear),
		cmocka_unit_test_teardown(test_every_cut_is_refused, clear),
		cmocka_unit_test_teardown(test_lengths_that_lie, clear),
		cmocka_unit_test_teardown(test_memory_sizes, clear),
		cmocka_unit_test_teardown(test_a_table_of_memory_alone_is_bounded, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
