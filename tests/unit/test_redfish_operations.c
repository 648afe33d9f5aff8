/* rooms: redfish core */
/* SPDX-License-Identifier: Apache-2.0 */
/* What the operations decide by themselves: passwords, BIOS values, comparisons, boot orders, times and entries of logs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/io.h"
#include "core/secret.h"
#include "redfish/bios_registry.h"
#include "redfish/boot_order.h"
#include "redfish/log_entry.h"
#include "redfish/password.h"

static json_t *parse(const char *text)
{
	json_t *json;
	struct err err;

	assert_int_equal(json_parse(text, strlen(text), &json, &err), 0);
	return json;
}

static void test_passwords_suit_the_policy(void **state)
{
	static const struct {
		struct rf_password_policy policy;
		size_t len; /* 0: none can be made */
	} rows[] = {{{0, 0, 0}, 20}, {{8, 40, 5}, 20}, {{8, 16, 5}, 16}, {{24, 0, 0}, 24},
		    {{8, 11, 0}, 0}, {{200, 0, 0}, 0}, {{20, 16, 0}, 0}, {{1, 12, 0}, 12}};
	struct err err;

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(secret_freep) char *one = NULL, *other = NULL;

		if (!rows[i].len) {
			assert_int_equal(rf_password_make(&rows[i].policy, &one, &err), -EOPNOTSUPP);
			continue;
		}
		assert_int_equal(rf_password_make(&rows[i].policy, &one, &err), 0);
		assert_int_equal(rf_password_make(&rows[i].policy, &other, &err), 0);
		assert_int_equal(strlen(one), rows[i].len);
		assert_string_not_equal(one, other);
		assert_int_equal(rf_password_check(one, &rows[i].policy, &err), 0);
		assert_non_null(strpbrk(one, "23456789"));
		assert_non_null(strpbrk(one, "-_."));
	}
}

static void test_passwords_are_hidden(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, EINVAL, "'Secret.99' is weak: Secret.99, and Secret.9");
	rf_password_hide(&err, "Secret.99");
	assert_string_equal(err.text, "'***' is weak: ***, and ***");
	err_set(&err, EINVAL, "no ab here, a");
	rf_password_hide(&err, "ab");
	assert_string_equal(err.text, "no ** here, a");
	rf_password_hide(&err, "");
	rf_password_hide(&err, NULL);
	assert_string_equal(err.text, "no ** here, a");
}

#define ENTRIES                                                                                       \
	"{\"RegistryEntries\": {\"Attributes\": ["                                                    \
	"{\"AttributeName\": \"E\", \"Type\": \"Enumeration\", \"Value\": [{\"ValueName\": \"On\"}, " \
	"{\"ValueName\": \"Off\"}]},"                                                                 \
	"{\"AttributeName\": \"I\", \"Type\": \"Integer\", \"LowerBound\": 10, \"UpperBound\": 20, "  \
	"\"ScalarIncrement\": 5},"                                                                    \
	"{\"AttributeName\": \"S\", \"Type\": \"String\", \"MinLength\": 2, \"MaxLength\": 3},"       \
	"{\"AttributeName\": \"B\", \"Type\": \"Boolean\"},"                                          \
	"{\"AttributeName\": \"P\", \"Type\": \"Password\"},"                                         \
	"{\"AttributeName\": \"R\", \"Type\": \"String\", \"Immutable\": true}]}}"

static void test_values_are_checked(void **state)
{
	static const struct {
		const char *name, *text;
		int r;
	} rows[] = {{"E", "On", 0},          {"E", "on", -EINVAL}, {"I", "15", 0},
		    {"I", "16", -EINVAL},    {"I", "25", -EINVAL}, {"I", "5", -EINVAL},
		    {"I", "", -EINVAL},      {"S", "ab", 0},       {"S", "a", -EINVAL},
		    {"S", "abcd", -EINVAL},  {"B", "true", 0},     {"B", "yes", -EINVAL},
		    {"P", "x", -EOPNOTSUPP}, {"R", "ab", -EINVAL}};
	_cleanup_json_ json_t *registry = parse(ENTRIES), *entries = NULL;
	struct err err;

	(void)state;
	assert_int_equal(rf_bios_entries(registry, "registry", &entries, &err), 0);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_json_ json_t *value = json_string(rows[i].text), *ret = NULL;
		const json_t *entry = json_object_get(entries, rows[i].name);

		assert_int_equal(rf_bios_check(rows[i].name, entry, NULL, value, true, &ret, &err),
				 rows[i].r);
	}
}

static void test_without_a_registry_the_type_stays(void **state)
{
	_cleanup_json_ json_t *is = json_integer(3), *seven = json_string("7"), *word = json_string("x"),
			      *ret = NULL;
	struct err err;

	(void)state;
	assert_int_equal(rf_bios_check("N", NULL, is, seven, true, &ret, &err), 0);
	assert_int_equal(json_integer_value(ret), 7);
	assert_int_equal(rf_bios_check("N", NULL, is, word, true, &ret, &err), -EINVAL);
	assert_int_equal(rf_bios_check("N", NULL, is, seven, false, &ret, &err), -EINVAL);
}

static void test_attributes_that_are_none(void **state)
{
	_cleanup_json_ json_t *json =
		parse("{\"Attributes\": {\"a\": 1, \"b\": [2], \"c\\u001b\": 3, \"\": 4}}");
	_cleanup_json_ json_t *unreadable = json_array(), *found = NULL;
	struct err err;

	(void)state;
	assert_int_equal(rf_bios_attributes(json, "Bios", unreadable, &found, &err), 0);
	assert_int_equal(json_object_size(found), 1);
	assert_string_equal(json_string_value(json_array_get(unreadable, 0)), "b");
}

static const char *order_of(const char *options)
{
	static char text[128];
	_cleanup_json_ json_t *document =
		parse("{\"order\": [{\"reference\": \"B1\", \"name\": \"disk\", \"alias\": \"Hdd\"},"
		      " {\"reference\": \"B2\", \"name\": \"net\", \"alias\": \"Pxe\"}, {\"reference\": "
		      "\"B3\", \"name\": \"net6\","
		      " \"alias\": \"Pxe\"}], \"others\": [{\"reference\": \"B4\", \"name\": \"usb\", "
		      "\"alias\": \"Usb\"}]}");
	_cleanup_json_ json_t *wanted = parse(options), *made = NULL;
	const json_t *reference;
	struct err err;
	size_t i;

	if (rf_boot_order_make(document, wanted, &made, &err) < 0)
		return "none";
	text[0] = '\0';
	json_array_foreach(made, i, reference)
		strcat(text, json_string_value(reference));
	return text;
}

static void test_boot_orders(void **state)
{
	(void)state;
	assert_string_equal(order_of("[\"Pxe\"]"), "B2B3B1");
	assert_string_equal(order_of("[\"net6\", \"Pxe\"]"), "B3B2B1");
	assert_string_equal(order_of("[\"Usb\"]"), "B4B1B2B3");
	assert_string_equal(order_of("[\"B3\", \"B3\", \"B1\"]"), "B3B1B2");
	assert_string_equal(order_of("[\"Pxe\", \"floppy\"]"), "none");
	assert_string_equal(order_of("[7]"), "none");
}

static void test_times_of_logs(void **state)
{
	static const struct {
		const char *text, *is; /* NULL: none */
	} rows[] = {{"2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"},
		    {"2026-01-01T00:00:00+01:00", "2025-12-31T23:00:00Z"},
		    {"2026-01-01 00:00:00.123-0530", "2026-01-01T05:30:00Z"},
		    {"2026-01-01T00:00:00", "2026-01-01T00:00:00Z"},
		    {"2026-01-01T00:00:00+1", NULL},
		    {"2026-01-01T00:00:00+01:00x", NULL},
		    {"2026-02-30T00:00:00Z", NULL},
		    {"2026-01-01T00:00:00+99:00", NULL},
		    {"1970-01-01T00:00:00Z", NULL},
		    {"9999-12-31T23:59:59-14:00", NULL},
		    {"", NULL}};
	char made[TIME_TEXT_SIZE];

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(rf_log_time(rows[i].text, made), rows[i].is != NULL);
		if (rows[i].is)
			assert_string_equal(made, rows[i].is);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passwords_suit_the_policy),
		cmocka_unit_test(test_passwords_are_hidden),
		cmocka_unit_test(test_values_are_checked),
		cmocka_unit_test(test_without_a_registry_the_type_stays),
		cmocka_unit_test(test_attributes_that_are_none),
		cmocka_unit_test(test_boot_orders),
		cmocka_unit_test(test_times_of_logs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
