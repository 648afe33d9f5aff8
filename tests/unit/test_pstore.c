/* rooms: agent/hw core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Records of pstore in a folder as the kernel shows them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/hw/pstore.h"
#include "core/io.h"

static char root[] = "/tmp/pstore.XXXXXX";

static void put(const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(root, name);
	struct err err = {0};

	assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, &err), 0);
}

static bool there_is(const char *name)
{
	_cleanup_free_ char *path = path_join(root, name);

	return access(path, F_OK) == 0;
}

static void test_records_go(void **state)
{
	struct pstore pstore;
	struct err err = {0};

	(void)state;
	put("sys/fs/pstore/dmesg-erst-1", "oops");
	put("sys/fs/pstore/dmesg-erst-2", "more");
	put("sys/module/pstore/parameters/backend", "erst\n");
	assert_int_equal(pstore_empty(root, &pstore, &err), 0);
	assert_true(pstore.present);
	assert_string_equal(pstore.backend, "erst");
	assert_int_equal(pstore.records, 2);
	assert_int_equal(pstore.bytes, 8);
	assert_false(there_is("sys/fs/pstore/dmesg-erst-1") || there_is("sys/fs/pstore/dmesg-erst-2"));
}

static void test_none(void **state)
{
	struct pstore pstore;
	struct err err = {0};

	(void)state;
	put("sys/module/pstore/parameters/backend", "(null)\n");
	assert_int_equal(pstore_empty(root, &pstore, &err), 0);
	assert_int_equal(pstore.records, 0);
	assert_string_equal(pstore.backend, "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records_go),
		cmocka_unit_test(test_none),
	};
	_cleanup_free_ char *fs = NULL, *module = NULL;
	struct err err = {0};
	int failed;

	if (!mkdtemp(root))
		return 1;
	fs = path_join(root, "sys/fs/pstore");
	module = path_join(root, "sys/module/pstore/parameters");
	if (make_dirs(fs, 0755, &err) < 0 || make_dirs(module, 0755, &err) < 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (const char *const *p =
		     (const char *const[]){"sys/module/pstore/parameters/backend",
					   "sys/module/pstore/parameters", "sys/module/pstore", "sys/module",
					   "sys/fs/pstore", "sys/fs", "sys", "", NULL};
	     *p; p++) {
		_cleanup_free_ char *path = str_printf("%s/%s", root, *p);

		remove(path);
	}
	return failed;
}
