/* rooms: cli core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Options as a table: what is taken, and that everything else is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "cli/args.h"

struct parsed {
	bool flag, quiet;
	const char *text;
	uint64_t number;
	struct arg_list many;
	const char *operands[2];
};

static enum arg_result parse(struct parsed *p, const char *const *words)
{
	const struct arg_option options[] = {
		{"flag", ARG_FLAG, &p->flag, "", "a flag"},
		{"text", ARG_TEXT, &p->text, "TEXT", "a text", true},
		{"number", ARG_NUMBER, &p->number, "N", "a number"},
		{"many", ARG_MANY, &p->many, "TEXT", "many texts", false, 'm'},
		{"quiet", ARG_FLAG, &p->quiet, "", "another flag", false, 'q'},
		{},
	};
	const struct arg_spec spec = {"remint test A [B]", "Tests.", options, 1, 2};
	char *argv[16] = {(char *)"test"};
	int argc = 1;

	memset(p, 0, sizeof(*p));
	for (; words[argc - 1]; argc++)
		argv[argc] = (char *)words[argc - 1];
	return args_parse(&spec, argc, argv, p->operands);
}

#define PARSE(p, ...) parse(p, (const char *const[]){__VA_ARGS__, NULL})

static void test_all_kinds(void **state)
{
	struct parsed p;

	(void)state;
	assert_int_equal(
		PARSE(&p, "a", "--flag", "--text=x=y", "--number", "17", "--many", "1", "--many=2", "b"),
		ARG_GO);
	assert_true(p.flag);
	assert_string_equal(p.text, "x=y");
	assert_int_equal(p.number, 17);
	assert_int_equal(p.many.n, 2);
	assert_string_equal(p.many.items[1], "2");
	assert_null(p.many.items[2]);
	assert_string_equal(p.operands[0], "a");
	assert_string_equal(p.operands[1], "b");
}

static void test_letters(void **state)
{
	struct parsed p;

	(void)state;
	assert_int_equal(PARSE(&p, "-m", "1", "a", "-q", "--text", "-m", "-m", "-q"), ARG_GO);
	assert_true(p.quiet);
	assert_int_equal(p.many.n, 2);
	assert_string_equal(p.many.items[1], "-q");
	assert_string_equal(p.text, "-m");
	assert_int_equal(PARSE(&p, "a", "--text", "x", "-m"), ARG_MISUSED);
	assert_int_equal(PARSE(&p, "a", "--text", "x", "-m=1", "-mq"), ARG_GO);
	assert_string_equal(p.many.items[0], "=1");
	assert_string_equal(p.many.items[1], "q");
	assert_false(p.quiet);
	assert_int_equal(PARSE(&p, "a", "--text", "x", "-qm"), ARG_MISUSED);
	assert_int_equal(PARSE(&p, "a", "--text", "x", "--", "-q"), ARG_GO);
	assert_false(p.quiet);
}

static void test_two_dashes_end_the_options(void **state)
{
	struct parsed p;

	(void)state;
	assert_int_equal(PARSE(&p, "--text", "x", "--", "--flag"), ARG_GO);
	assert_string_equal(p.operands[0], "--flag");
	assert_false(p.flag);
}

static void test_misuse_is_refused(void **state)
{
	struct parsed p;

	(void)state;
	assert_int_equal(PARSE(&p, "a"), ARG_MISUSED);
	assert_int_equal(PARSE(&p, "--text", "x"), ARG_MISUSED);
	assert_int_equal(PARSE(&p, "a", "--text"), ARG_MISUSED);
	assert_int_equal(PARSE(&p, "a", "--text="), ARG_MISUSED);
	assert_int_equal(PARSE(&p, "a", "--text", "x", "--tex", "y"), ARG_MISUSED);
	assert_int_equal(PARSE(&p, "a", "--text", "x", "-f"), ARG_MISUSED);
	assert_int_equal(PARSE(&p, "a", "--text", "x", "--flag=1"), ARG_MISUSED);
	assert_int_equal(PARSE(&p, "a", "--text", "x", "--number", "-1"), ARG_MISUSED);
	assert_int_equal(PARSE(&p, "a", "--text", "x", "--number", "1k"), ARG_MISUSED);
	assert_int_equal(PARSE(&p, "a", "--text", "x", "--number", "99999999999999999999"), ARG_MISUSED);
	assert_int_equal(PARSE(&p, "a", "b", "c", "--text", "x"), ARG_MISUSED);
}

static void test_help_needs_nothing_else(void **state)
{
	struct parsed p;

	(void)state;
	assert_int_equal(PARSE(&p, "--help"), ARG_HELP_SHOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_kinds),
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_two_dashes_end_the_options),
		cmocka_unit_test(test_misuse_is_refused),
		cmocka_unit_test(test_help_needs_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
