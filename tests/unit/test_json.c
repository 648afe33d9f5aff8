/* rooms: core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/json.h"

static int parse(const char *text, json_t **ret)
{
	struct err err = {0};
	int r = json_parse(text, strlen(text), ret, &err);

	assert_true(r == 0 || err.text[0]);
	return r;
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"{\"a\":1,\"a\":2}",
		"{} x",
		"{}{}",
		"\"text\"",
		"1",
		"null",
		"{\"a\":\"\\u0000\"}",
		"{\"a\":\"\xff\"}",
		"{'a':1}",
		"[1,]",
		"{\"a\":NaN}",
		"{\"a\":01}",
	};
	json_t *json = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse(bad[i], &json), -EBADMSG);
	assert_null(json);
}

static void test_depth(void **state)
{
	_cleanup_json_ json_t *json = NULL, *strings = NULL;
	char text[200];

	(void)state;
	memset(text, '[', 32);
	memset(text + 32, ']', 32);
	text[64] = '\0';
	assert_int_equal(parse(text, &json), 0);
	memset(text, '[', 33);
	memset(text + 33, ']', 33);
	text[66] = '\0';
	assert_int_equal(parse(text, &strings), -EBADMSG);
	/* brackets within strings are no levels, nor do escaped quotes end a string */
	assert_int_equal(parse("[\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"]", &strings), 0);
}

static void test_canonical(void **state)
{
	_cleanup_json_ json_t *json = NULL;
	size_t len;

	(void)state;
	assert_int_equal(parse(" {\"b\": [1, true], \"a\": \"\xc3\xa9\"} ", &json), 0);
	_cleanup_free_ char *canonical = json_canonical(json, &len);
	_cleanup_free_ char *pretty = json_pretty(json, NULL);
	assert_string_equal(canonical, "{\"a\":\"\xc3\xa9\",\"b\":[1,true]}");
	assert_int_equal(len, strlen(canonical));
	assert_string_equal(pretty, "{\n  \"a\": \"\xc3\xa9\",\n  \"b\": [\n    1,\n    true\n  ]\n}\n");
}

static void test_strings(void **state)
{
	_cleanup_json_ json_t *json = NULL;
	const char *text = "as it was";
	struct err err = {0};

	(void)state;
	assert_int_equal(parse("{\"s\":\"four\",\"e\":\"\",\"n\":1,\"c\":\"a\\nb\",\"z\":null}", &json), 0);
	assert_int_equal(json_get_str(json, "doc", "n", 9, &text, &err), -EBADMSG);
	assert_string_equal(err.text, "doc.n must be a string");
	assert_int_equal(json_get_str(json, "doc", "gone", 9, &text, &err), -EBADMSG);
	assert_string_equal(err.text, "doc.gone is missing");
	assert_int_equal(json_get_str(json, "doc", "s", 3, &text, &err), -EBADMSG);
	assert_int_equal(json_get_str(json, "doc", "e", 9, &text, &err), -EBADMSG);
	assert_int_equal(json_get_str(json, "doc", "c", 9, &text, &err), -EBADMSG);
	assert_int_equal(json_opt_str(json, "doc", "z", 9, &text, &err), 0);
	assert_int_equal(json_opt_str(json, "doc", "gone", 9, &text, &err), 0);
	assert_string_equal(text, "as it was");
	assert_int_equal(json_get_str(json, "doc", "s", 4, &text, &err), 0);
	assert_string_equal(text, "four");
	assert_int_equal(json_get_str_or_empty(json, "doc", "e", 4, &text, &err), 0);
	assert_string_equal(text, "");
	assert_int_equal(json_get_str_or_empty(json, "doc", "c", 4, &text, &err), -EBADMSG);
}

static void test_numbers(void **state)
{
	_cleanup_json_ json_t *json = NULL;
	struct err err = {0};
	uint64_t n = 7;

	(void)state;
	assert_int_equal(parse("{\"m\":-1,\"r\":1.0,\"n\":10,\"big\":9223372036854775807}", &json), 0);
	assert_int_equal(json_get_u64(json, "doc", "m", 0, UINT64_MAX, &n, &err), -EBADMSG);
	assert_int_equal(json_get_u64(json, "doc", "r", 0, UINT64_MAX, &n, &err), -EBADMSG);
	assert_int_equal(json_get_u64(json, "doc", "n", 11, 20, &n, &err), -EBADMSG);
	assert_int_equal(json_get_u64(json, "doc", "n", 0, 9, &n, &err), -EBADMSG);
	assert_int_equal(json_opt_u64(json, "doc", "gone", 0, 9, &n, &err), 0);
	assert_int_equal(n, 7);
	assert_int_equal(json_get_u64(json, "doc", "n", 10, 10, &n, &err), 0);
	assert_int_equal(n, 10);
	assert_int_equal(json_get_u64(json, "doc", "big", 0, UINT64_MAX, &n, &err), 0);
	assert_true(n == INT64_MAX);
	assert_int_equal(parse("[18446744073709551616]", &json), -EBADMSG);
}

static void test_shapes(void **state)
{
	static const char *const keys[] = {"o", "a", "b", NULL};
	_cleanup_json_ json_t *json = NULL;
	struct err err = {0};
	json_t *inner;
	bool flag;

	(void)state;
	assert_int_equal(parse("{\"o\":{},\"a\":[1,2,3],\"b\":true,\"x\":0}", &json), 0);
	assert_int_equal(json_get_object(json, "doc", "a", &inner, &err), -EBADMSG);
	assert_int_equal(json_get_object(json, "doc", "o", &inner, &err), 0);
	assert_int_equal(json_get_array(json, "doc", "a", 2, &inner, &err), -EBADMSG);
	assert_int_equal(json_get_array(json, "doc", "a", 3, &inner, &err), 0);
	assert_int_equal(json_get_bool(json, "doc", "x", &flag, &err), -EBADMSG);
	assert_int_equal(json_get_bool(json, "doc", "b", &flag, &err), 0);
	assert_true(flag);
	assert_int_equal(json_only_keys(json, "doc", keys, &err), -EBADMSG);
	assert_string_equal(err.text, "doc: unknown key \"x\"");
}

static void test_read(void **state)
{
	_cleanup_json_ json_t *json = NULL;
	const char *text;
	struct err err = {0};
	int n;

	(void)state;
	assert_int_equal(parse("{\"a\":1,\"b\":\"x\"}", &json), 0);
	assert_int_equal(json_read(json, &err, "doc", "{s:i, s:s}", "a", &n, "b", &text), 0);
	assert_int_equal(json_read(json, &err, "doc", "{s:i}", "a", &n), -EBADMSG);
	assert_memory_equal(err.text, "doc: ", 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),   cmocka_unit_test(test_depth),
		cmocka_unit_test(test_canonical), cmocka_unit_test(test_strings),
		cmocka_unit_test(test_numbers),   cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
