/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's words of the kernel command line. What they say of the network is test_net_config.c's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "protocol/cmdline.h"

#define HINT "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"

static void finds_the_words_among_others(void **state)
{
	struct cmdline c;
	struct err err = {0};
	(void)state;
	assert_int_equal(cmdline_parse("console=ttyS0  remint.hint=" HINT "\tremint.mac=52:54:00:12:34:56\n",
				       &c, &err),
			 0);
	assert_string_equal(c.hint, HINT);
	assert_string_equal(c.net.mac, "52:54:00:12:34:56");
	assert_false(c.alone || c.net_medium);
	assert_int_equal(cmdline_parse("\"remint.hint=" HINT "\"", &c, &err), 0);
	assert_string_equal(c.hint, HINT);
	assert_int_equal(cmdline_parse("console=ttyS0 xremint.hint=1 remint remint_x remint-agent", &c, &err),
			 0);
	assert_string_equal(c.hint, "");
	assert_int_equal(cmdline_parse("quiet remint.alone", &c, &err), 0);
	assert_true(c.alone);
	assert_int_equal(cmdline_parse("remint.net=medium remint.mac=52:54:00:12:34:56", &c, &err), 0);
	assert_true(c.net_medium);
	/* What follows is for init. */
	assert_int_equal(cmdline_parse("quiet -- remint.alone remint.nonsense", &c, &err), 0);
	assert_false(c.alone);
}

/* iPXE puts the name of an EFI program in front of its arguments, and the name is this. */
static void takes_its_own_name_in_front_alone(void **state)
{
	struct cmdline c;
	struct err err = {0};
	(void)state;
	assert_int_equal(cmdline_parse("remint.efi console=ttyS0", &c, &err), 0);
	assert_int_equal(cmdline_parse("remint.efi", &c, &err), 0);
	assert_int_equal(cmdline_parse("console=ttyS0 remint.efi", &c, &err), -EINVAL);
	assert_int_equal(cmdline_parse("remint.efi=1", &c, &err), -EINVAL);
}

static void refuses_without_saying_the_secret(void **state)
{
	static const struct {
		const char *cmdline, *says;
	} cases[] = {
		{"remint.hint=", "16 to 128"},
		{"remint.hint=short", "16 to 128"},
		{"remint.hint=" HINT "!", "16 to 128"},
		{"remint.hint=" HINT HINT HINT, "16 to 128"}, /* 129 characters */
		{"remint.hint=" HINT HINT HINT HINT HINT, "16 to 128"},
		{"remint.hint=" HINT " remint.hint=" HINT, "twice"},
		{"remint.hint", "needs a value"},
		{"remint.alone=1", "has no value"},
		{"remint.alone=", "has no value"},
		{"remint.alone remint.alone", "twice"},
		{"remint.alone remint.hint=" HINT, "hint"},
		{"remint.hint=" HINT " remint.alone", "hint"},
		{"remint.alone remint.net=medium", "net"},
		{"remint.net=medium remint.ip=10.0.0.5/24", "both"},
		{"remint.net=medium remint.vlan=7", "both"},
		{"remint.net=dhcp", "remint.net=dhcp"},
		{"remint.", "no word"},
		{"remint.=1", "no word"},
		{"remint.other=1", "remint.other is no word"},
		{"remint.aloneness", "no word"},
		{"remint.Alone", "no word"},
		{"remint.mac=52:54:00:12:34:56 remint.mac=52:54:00:12:34:57", "twice"},
		{"remint.dhcp=1 remint.dhcp=0 remint.ip=10.0.0.5/24", "twice"},
		{"\"remint.other=a b\"", "no word"},
		{"remint.hin\"t=" HINT " remint.other\"", "16 to 128"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cmdline c = {.hint = "untouched"};
		struct err err = {0};
		if (cmdline_parse(cases[i].cmdline, &c, &err) != -EINVAL)
			fail_msg("taken: %s", cases[i].cmdline);
		assert_int_equal(err.code, EINVAL);
		if (!strstr(err.text, cases[i].says) || strncmp(err.text, "kernel command line: ", 21) != 0)
			fail_msg("%s: %s", cases[i].cmdline, err.text);
		assert_null(strstr(err.text, HINT));
		assert_string_equal(c.hint, "untouched");
	}
}

/* A key of any length, with a value or without, beside a value that does not fit. */
static void long_words(void **state)
{
	char line[600];
	struct cmdline c;
	struct err err = {0};
	(void)state;
	for (size_t len = 100; len < 590; len++) {
		memset(line, 'a', sizeof(line));
		memcpy(line, "remint.", 7);
		line[len] = '\0';
		assert_int_equal(cmdline_parse(line, &c, &err), -EINVAL);
		line[len / 2] = '=';
		assert_int_equal(cmdline_parse(line, &c, &err), -EINVAL);
		memcpy(line, "remixt.", 7);
		assert_int_equal(cmdline_parse(line, &c, &err), 0);
	}
}

static void a_line_that_does_not_end(void **state)
{
	char *line = malloc(CMDLINE_MAX + 2);
	struct cmdline c;
	struct err err = {0};
	(void)state;
	assert_non_null(line);
	memset(line, ' ', CMDLINE_MAX + 1);
	line[CMDLINE_MAX + 1] = '\0';
	assert_int_equal(cmdline_parse(line, &c, &err), -EINVAL);
	line[CMDLINE_MAX] = '\0';
	assert_int_equal(cmdline_parse(line, &c, &err), 0);
	free(line);
}

static void is_shown_without_the_hint(void **state)
{
	static const char *const lines[][2] = {
		{"", ""},
		{"quiet console=ttyS0\n", "quiet console=ttyS0"},
		{"a remint.hint=" HINT " b\n", "a remint.hint=(hidden) b"},
		{"remint.hint= remint.hint=x remint.hint=" HINT,
		 "remint.hint=(hidden) remint.hint=(hidden) remint.hint=(hidden)"},
		{"\"remint.hint=" HINT "\"", "\"remint.hint=(hidden)"},
		{"a\x01\xff", "a??"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char *shown = cmdline_shown(lines[i][0]);
		assert_string_equal(shown, lines[i][1]);
		free(shown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_words_among_others),
		cmocka_unit_test(takes_its_own_name_in_front_alone),
		cmocka_unit_test(refuses_without_saying_the_secret),
		cmocka_unit_test(long_words),
		cmocka_unit_test(a_line_that_does_not_end),
		cmocka_unit_test(is_shown_without_the_hint),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
