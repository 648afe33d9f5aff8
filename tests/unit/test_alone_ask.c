/* rooms: agent agent/steps agent/hw images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The question at the console, with pipes for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>

#include "agent/alone_ask.h"
#include "core/io.h"

static const struct block disks[] = {
	{.name = "serial:A", .dev = "nvme0n1", .serial = "A1", .model = "Flash", .size = 1920000000000},
	{.name = "path:1", .dev = "sda", .size = 1000000},
};
static const struct block *const targets_list[] = {&disks[0], &disks[1]};

static unsigned shown; /* numbers so far */
static unsigned lives;

static void number(char ret[5])
{
	snprintf(ret, 5, "%04u", 1000 + shown++);
}

static void alive(void *data)
{
	(void)data;
	lives++;
}

/* What was said, after this was typed; the console then hangs up, unless it stays for `ms`. */
static int ask(const char *typed, bool hangs_up, unsigned ms, char said[8192], struct err *err)
{
	const struct order order = {.id = (char *)"o-1", .node = (char *)"old"};
	const struct wipe_targets targets = {.drives = (const struct block **)targets_list, .n = 2};
	struct alone_ask a = {.wait_ms = ms, .number = number, .alive = alive};
	int in[2], out[2], r;
	ssize_t n;

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(write(in[1], typed, strlen(typed)), strlen(typed));
	if (hangs_up)
		close(in[1]);
	a.in = in[0];
	a.out = out[1];
	shown = lives = 0;
	*err = (struct err){0};
	r = alone_ask(&a, &order, &targets, err);
	close(out[1]);
	n = read(out[0], said, 8191);
	said[n > 0 ? n : 0] = '\0';
	close(out[0]);
	close(in[0]);
	if (!hangs_up)
		close(in[1]);
	return r;
}

static void the_number_confirms(void **state)
{
	static const char *const good[] = {"1000\n", "1000\r", "1000  \n", "yes\n1001\n", "\n9999\n1002\n"};
	char said[8192];
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(ask(good[i], true, 10000, said, &err), 0);
	assert_non_null(strstr(said, "Order o-1 for old erases this machine's 2 drives"));
	assert_non_null(strstr(said, "nvme0n1"));
	assert_non_null(strstr(said, "1920000 MB  Flash  serial A1"));
	assert_non_null(strstr(said, "unknown model  serial unknown"));
	assert_non_null(strstr(said, "Type 1002 and press Enter"));
	assert_true(lives > 0);
}

/* The number before is no answer to the next question; nor is one with more behind it. */
static void others_do_not(void **state)
{
	static const char *const bad[] = {"no\nno\nno\n1003\n", "1001\n1000\n1000\n",
					  "10000\n1001 1\n 1002\n", "\n\n\n", "Y\ny\nyes\n"};
	char said[8192];
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(ask(bad[i], true, 10000, said, &err), -EPERM);
		assert_int_equal(shown, ALONE_ASK_ATTEMPTS);
	}
	assert_non_null(strstr(err.text, "not confirmed"));
}

static void a_long_line_is_one_attempt(void **state)
{
	char typed[4096], said[8192];
	struct err err;

	(void)state;
	memset(typed, '1', sizeof(typed));
	strcpy(typed + 4000, "\n1001\n");
	assert_int_equal(ask(typed, true, 10000, said, &err), 0);
	assert_int_equal(shown, 2);
}

static void nobody_there_is_no_yes(void **state)
{
	char said[8192];
	struct err err;

	(void)state;
	assert_int_equal(ask("", false, 50, said, &err), -ETIMEDOUT);
	assert_int_equal(ask("1000", false, 50, said, &err), -ETIMEDOUT); /* no Enter */
	assert_int_equal(ask("", true, 10000, said, &err), -EIO);
	assert_int_equal(ask("1000", true, 10000, said, &err), -EIO);
	assert_non_null(strstr(err.text, "not confirmed"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_number_confirms),
		cmocka_unit_test(others_do_not),
		cmocka_unit_test(a_long_line_is_one_attempt),
		cmocka_unit_test(nobody_there_is_no_yes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
