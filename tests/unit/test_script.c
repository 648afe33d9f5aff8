/* rooms: station images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* iPXE scripts: no value leaves its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "station/script.h"

static char *make(const char *template, const char *text, const char *prefix)
{
	const struct script_value values[] = {{"X", text, prefix}, {NULL, NULL, NULL}};
	struct err err = {0};
	char *made = NULL;

	assert_int_equal(script_make(template, values, &made, &err), 0);
	return made;
}

static void values_stay_in_their_place(void **state)
{
	static const struct {
		const char *template, *text, *prefix, *expected;
	} cases[] = {
		{"kernel @X@ b", "http://h:1/a", NULL, "kernel http://h:1/a b"},
		{"kernel a=@X@", "x\nshell", NULL, "kernel a=x%0Ashell"},
		{"kernel a=@X@", "${net0/ip} || shell", NULL, "kernel a=%24%7Bnet0/ip%7D%20%7C%7C%20shell"},
		{"kernel a=@X@", "x;#&\"'\\%", NULL, "kernel a=x%3B%23%26%22%27%5C%25"},
		{"kernel @X@", "--shell", NULL, "kernel %2D-shell"},
		{"kernel a=@X@", "-x", NULL, "kernel a=-x"},
		{"kernel a=@X@", "\xc3\xa4\x7f", NULL, "kernel a=%C3%A4%7F"},
		{"kernel a@X@ b", NULL, "c=", "kernel a b"},
		{"kernel a@X@ b", "ttyS0,115200  tty0", "c=", "kernel a c=ttyS0,115200 c=tty0 b"},
		{"kernel a@X@", " x\ty ", "c=", "kernel a c=x%09y"},
		{"a@b @x@ @@ @", "v", NULL, "a@b @x@ @@ @"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *made = make(cases[i].template, cases[i].text, cases[i].prefix);

		assert_string_equal(made, cases[i].expected);
		free(made);
	}
}

static void a_placeholder_needs_a_value(void **state)
{
	const struct script_value values[] = {{NULL, NULL, NULL}};
	struct err err = {0};
	char *made = NULL;

	(void)state;
	assert_int_equal(script_make("kernel @OTHER@", values, &made, &err), -EINVAL);
	assert_null(made);
}

static void templates_hold_what_the_readme_promises(void **state)
{
	const char *const templates[] = {script_first, script_agent, script_agent_efi, script_local};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(strncmp(templates[i], "#!ipxe\n", 7), 0);
		assert_null(strstr(templates[i], "shell"));
		/* Without an error OVMF shows its menu rather than going on. */
		assert_non_null(strstr(templates[i], "\niseq ${platform} efi && exit 1 ||\n"));
		assert_non_null(strstr(templates[i], "sanboot --no-describe --drive 0x80 || exit\n"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_stay_in_their_place),
		cmocka_unit_test(a_placeholder_needs_a_value),
		cmocka_unit_test(templates_hold_what_the_readme_promises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
