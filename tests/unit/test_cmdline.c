/* rooms: agent core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "agent/cmdline.h"

#define HINT "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"

static void finds_the_hint_among_other_words(void **state)
{
	char hint[HINT_SIZE];
	struct err err = {0};
	(void)state;
	assert_int_equal(cmdline_hint("console=ttyS0  remint.hint=" HINT "\tremint.mac=52:54:00:12:34:56\n",
				      hint, &err),
			 0);
	assert_string_equal(hint, HINT);
	assert_int_equal(cmdline_hint("remint.hint=" HINT, hint, &err), 0);
	assert_string_equal(hint, HINT);
}

static void refuses_without_saying_the_secret(void **state)
{
	static const struct {
		const char *cmdline;
		int code;
	} cases[] = {
		{"", -ENOENT},
		{"console=ttyS0 xremint.hint=" HINT, -ENOENT},
		{"remint.hint=", -EBADMSG},
		{"remint.hint=short", -EBADMSG},
		{"remint.hint=" HINT "!", -EBADMSG},
		{"remint.hint=\"" HINT "\"", -EBADMSG},
		{"remint.hint=" HINT HINT HINT, -EBADMSG}, /* 129 characters */
		{"remint.hint=" HINT " remint.hint=" HINT, -EBADMSG},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char hint[HINT_SIZE] = "untouched";
		struct err err = {0};
		assert_int_equal(cmdline_hint(cases[i].cmdline, hint, &err), cases[i].code);
		assert_int_equal(err.code, -cases[i].code);
		assert_null(strstr(err.text, HINT));
		assert_string_equal(hint, "untouched");
	}
}

static void finds_the_word_for_stand_alone_use(void **state)
{
	static const struct {
		const char *cmdline;
		int r;
	} cases[] = {
		{"", 0},
		{"console=ttyS0 remint.mac=52:54:00:12:34:56", 0},
		{"xremint.alone remint.aloneness remint.alone.x", 0},
		{"console=ttyS0\tremint.alone\n", 1},
		{"remint.alone", 1},
		{"remint.alone=1", -EBADMSG},
		{"remint.alone=", -EBADMSG},
		{"remint.alone remint.alone", -EBADMSG},
		{"remint.alone remint.hint=" HINT, -EBADMSG},
		{"remint.hint=" HINT " remint.alone", -EBADMSG},
		{"remint.hint=" HINT, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = {0};
		if (cmdline_alone(cases[i].cmdline, &err) != cases[i].r)
			fail_msg("\"%s\"", cases[i].cmdline);
		assert_int_equal(err.code, cases[i].r < 0 ? -cases[i].r : 0);
		assert_null(strstr(err.text, HINT));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_hint_among_other_words),
		cmocka_unit_test(refuses_without_saying_the_secret),
		cmocka_unit_test(finds_the_word_for_stand_alone_use),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
