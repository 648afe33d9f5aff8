/* rooms: core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/lines.h"

static void put(void *data, const char *line)
{
	char *all = data;

	sprintf(all + strlen(all), "[%s]", line);
}

static void pieces_become_lines(void **data)
{
	struct lines lines = {{0}};
	char all[1024] = "";

	(void)data;
	lines_add(&lines, "on", 2, put, all);
	assert_string_equal(all, "");
	lines_add(&lines, "e\n\n\ntwo\r\nthr", 12, put, all);
	assert_string_equal(all, "[one][two]");
	assert_string_equal(lines.last, "two");
	lines_end(&lines, put, all);
	lines_end(&lines, put, all);
	assert_string_equal(all, "[one][two][thr]");
	assert_string_equal(lines.last, "thr");
}

static void what_a_log_must_not_have_is_replaced(void **data)
{
	static const char odd[] = "a\tb\0c\033[2Jd\x7f\xc3\xa4\n";
	struct lines lines = {{0}};
	char all[1024] = "";

	(void)data;
	lines_add(&lines, odd, sizeof(odd) - 1, put, all);
	assert_string_equal(all, "[a b?c?[2Jd???]");
}

static void a_line_without_end_is_cut(void **data)
{
	struct lines lines = {{0}};
	char all[1024] = "", many[3 * LINES_LEN_MAX];

	(void)data;
	memset(many, 'x', sizeof(many));
	lines_add(&lines, many, sizeof(many), put, all);
	lines_add(&lines, "\nshort\n", 7, put, all);
	assert_int_equal(strlen(all), LINES_LEN_MAX + 2 + strlen("[short]"));
	assert_string_equal(lines.last, "short");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_become_lines),
		cmocka_unit_test(what_a_log_must_not_have_is_replaced),
		cmocka_unit_test(a_line_without_end_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
