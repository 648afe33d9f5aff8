/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* What a tenancy has changed: parts that are gone, exchanged or new, by what is written on them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/json.h"
#include "protocol/tenancy.h"

static const char machine[] =
	"{\"pci\": [], \"disks\": [{\"name\": \"serial:A\", \"model\": \"M1\", \"size\": 1000},"
	"  {\"name\": \"serial:B\", \"model\": \"M1\", \"size\": 1000},"
	"  {\"name\": \"serial:STICK\", \"model\": \"USB\", \"size\": 5, \"untouchable\": \"on USB\"},"
	"  {\"name\": \"path:0000:03:00.0-ata1\", \"model\": \"M2\", \"size\": 7}],"
	" \"smbios\": {\"system\": {\"serial\": \"S1\"}, \"board\": {\"serial\": \"B1\"}, \"chassis\": {},"
	"  \"memory\": [{\"locator\": \"A1\", \"serial\": \"11\", \"part\": \"P\", \"size\": 64},"
	"  {\"locator\": \"A2\", \"serial\": \"0000\", \"part\": \"P\", \"size\": 64}]},"
	" \"nics\": [{\"mac\": \"02:00:00:00:00:01\", \"pci\": \"0000:18:00.0\", \"driver\": \"mlx5_core\","
	"  \"module\": {\"serial\": \"T1\"}}],"
	" \"infiniband\": [{\"device\": \"mlx5_0\", \"port_guid\": \"0001\", \"pci\": \"0000:19:00.0\"}]}";

static json_t *before, *after, *found;
static struct err err;

static int setup(void **state)
{
	(void)state;
	before = json_loads(machine, 0, NULL);
	after = json_loads(machine, 0, NULL);
	found = NULL;
	return before && after ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	json_decref(before);
	json_decref(after);
	json_decref(found);
	return 0;
}

static json_t *part(json_t *of, const char *kind, size_t i)
{
	return json_array_get(json_object_get(of, kind), i);
}

static void put(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, json_string(text));
}

static size_t compare(void)
{
	assert_int_equal(tenancy_compare(before, after, &found, &err), 0);
	return json_array_size(found);
}

static void expect(size_t i, bool required, const char *text)
{
	const json_t *difference = json_array_get(found, i);

	assert_string_equal(json_string_value(json_object_get(difference, "text")), text);
	assert_int_equal(json_is_true(json_object_get(difference, "required")), required);
}

static void test_unchanged(void **state)
{
	(void)state;
	assert_int_equal(compare(), 0);
}

/* Of the same model and size: the class is none the wiser. */
static void test_exchanged_drive(void **state)
{
	(void)state;
	put(part(after, "disks", 1), "name", "serial:C");
	assert_int_equal(compare(), 2);
	expect(0, true, "drive serial:B (M1) is gone");
	expect(1, false, "drive serial:C (M1) was not there before");
}

static void test_exchanged_module(void **state)
{
	json_t *modules = json_object_get(json_object_get(after, "smbios"), "memory");

	(void)state;
	put(json_array_get(modules, 0), "serial", "99");
	put(json_array_get(modules, 1), "serial", "0"); /* no name at all */
	assert_int_equal(compare(), 2);
	expect(0, true, "memory module P 11 at A1 is gone");
	expect(1, false, "memory module P 99 at A1 was not there before");
}

static void test_gone_is_less_than_the_class_too(void **state)
{
	(void)state;
	json_array_remove(json_object_get(after, "nics"), 0);
	assert_int_equal(compare(), 2);
	expect(0, true, "network port 02:00:00:00:00:01 (mlx5_core) at 0000:18:00.0 is gone");
	assert_non_null(
		strstr(json_string_value(json_object_get(json_array_get(found, 1), "text")), "mlx5_core"));
}

static void test_transceiver_board_and_port(void **state)
{
	(void)state;
	put(json_object_get(part(after, "nics", 0), "module"), "serial", "T2");
	put(json_object_get(json_object_get(after, "smbios"), "board"), "serial", "B2");
	put(part(after, "infiniband", 0), "port_guid", "0002");
	assert_int_equal(compare(), 4);
	expect(0, true, "board: serial number \"B2\", was \"B1\"");
	expect(1, true, "InfiniBand port 0001 (mlx5_0) at 0000:19:00.0 is gone");
	expect(3, true,
	       "transceiver or cable of network port 02:00:00:00:00:01: serial number \"T2\", was \"T1\"");
}

/* What stands on a part goes to a terminal, and an inventory may be anything. */
static void test_hostile(void **state)
{
	(void)state;
	put(part(after, "disks", 1), "name", "serial:\x1b[2J\n");
	assert_int_equal(compare(), 2);
	expect(1, false, "drive serial:?[2J? (M1) was not there before");
	json_decref(found);
	found = NULL;
	json_decref(after);
	after = json_pack("{s:i, s:[i, s], s:{s:i}, s:n}", "disks", 1, "nics", 1, "x", "smbios", "memory", 7,
			  "pci");
	assert_true(compare() > 4);
	json_decref(found);
	found = NULL;
	json_object_del(before, "disks");
	assert_int_equal(tenancy_compare(before, after, &found, &err), -ENODATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_unchanged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exchanged_drive, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exchanged_module, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gone_is_less_than_the_class_too, setup, teardown),
		cmocka_unit_test_setup_teardown(test_transceiver_board_and_port, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
