/* rooms: core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/err.h"

static void test_set_and_prepend(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(err_set(&err, EBADMSG, "SHA-256 mismatch"), -EBADMSG);
	assert_int_equal(err_prepend(&err, "chunk %d of %s", 17, "debian-12"), -EBADMSG);
	assert_int_equal(err_prepend(&err, "write"), -EBADMSG);
	assert_string_equal(err.text, "write: chunk 17 of debian-12: SHA-256 mismatch");
	assert_int_equal(err.code, EBADMSG);
}

/* The same file is named by who reads it and by who asks for it. */
static void test_a_context_is_said_once(void **state)
{
	struct err err = {0};

	(void)state;
	err_sys(&err, ENOENT, "order.json");
	assert_int_equal(err_prepend(&err, "%s", "order.json"), -ENOENT);
	assert_string_equal(err.text, "order.json: No such file or directory");
	err_prepend(&err, "order");
	assert_string_equal(err.text, "order: order.json: No such file or directory");
}

static void test_system_words(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(err_sys(&err, ENOENT, "/no/file"), -ENOENT);
	assert_string_equal(err.text, "/no/file: No such file or directory");
}

static void test_too_long_is_cut(void **state)
{
	char big[3000];
	struct err err = {0};

	(void)state;
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	err_set(&err, EIO, "%s", big);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_string_equal(err.text + sizeof(err.text) - 4, "...");
	err_prepend(&err, "front");
	assert_memory_equal(err.text, "front: xxx", 10);
	assert_string_equal(err.text + sizeof(err.text) - 4, "...");
	err_set(&err, EIO, "%.985s", big);
	err_sys(&err, EIO, "%.985s", big);
	assert_string_equal(err.text + sizeof(err.text) - 4, "...");
}

static void test_one_line_alone(void **state)
{
	struct err err = {0};

	(void)state;
	err_set(&err, EIO, "model \"A\nerror: forged\x1b[2J\"");
	assert_null(strpbrk(err.text, "\n\x1b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_and_prepend), cmocka_unit_test(test_a_context_is_said_once),
		cmocka_unit_test(test_system_words),    cmocka_unit_test(test_too_long_is_cut),
		cmocka_unit_test(test_one_line_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
