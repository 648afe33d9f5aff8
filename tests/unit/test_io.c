/* rooms: core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"

static char folder[] = "/tmp/remint-io-XXXXXX";

static int setup(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	_cleanup_free_ char *command = str_printf("rm -rf %s", folder);

	(void)state;
	return system(command);
}

static void test_full_transfers(void **state)
{
	_cleanup_free_ char *path = path_join(folder, "full");
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct err err = {0};
	char buf[8];

	(void)state;
	assert_int_equal(pwrite_full(fd, "abcdefgh", 8, 4, &err), 0);
	assert_int_equal(pread_full(fd, buf, 8, 4, &err), 0);
	assert_memory_equal(buf, "abcdefgh", 8);
	assert_int_equal(pread_full(fd, buf, 8, 5, &err), -EIO);
	assert_non_null(strstr(err.text, "too early"));
	assert_int_equal(pread_full(-EBADF, buf, 8, 0, &err), -EBADF);
}

static void test_file_read(void **state)
{
	_cleanup_free_ char *path = path_join(folder, "f"), *buf = NULL, *proc = NULL;
	struct err err = {0};
	size_t len;

	(void)state;
	assert_int_equal(file_write_atomic(path, "0123456789", 10, 0640, &err), 0);
	assert_int_equal(file_read(path, 10, &buf, &len, &err), 0);
	assert_int_equal(len, 10);
	assert_string_equal(buf, "0123456789");
	assert_int_equal(file_read(path, 9, &buf, &len, &err), -EFBIG);
	assert_int_equal(file_read("/no/such", 9, &buf, &len, &err), -ENOENT);
	assert_int_equal(file_read("/proc/self/status", 65536, &proc, NULL, &err), 0);
	assert_memory_equal(proc, "Name:", 5);
}

static void test_write_atomic_replaces(void **state)
{
	_cleanup_free_ char *path = path_join(folder, "atomic"), *buf = NULL;
	struct err err = {0};
	struct stat st;

	(void)state;
	assert_int_equal(file_write_atomic(path, "old", 3, 0644, &err), 0);
	assert_int_equal(file_write_atomic(path, "new!", 4, 0600, &err), 0);
	assert_int_equal(file_read(path, 64, &buf, NULL, &err), 0);
	assert_string_equal(buf, "new!");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(file_write_atomic("/no/such/folder/f", "x", 1, 0600, &err), -ENOENT);
}

static void test_make_dirs(void **state)
{
	_cleanup_free_ char *deep = path_join(folder, "a/b/c"), *file = path_join(folder, "a/file"),
			    *below = path_join(folder, "a/file/d");
	struct err err = {0};

	(void)state;
	assert_int_equal(make_dirs(deep, 0755, &err), 0);
	assert_int_equal(make_dirs(deep, 0755, &err), 0);
	assert_int_equal(file_write_atomic(file, "", 0, 0600, &err), 0);
	assert_int_equal(make_dirs(file, 0755, &err), -ENOTDIR);
	assert_int_equal(make_dirs(below, 0755, &err), -ENOTDIR);
	assert_int_equal(make_dirs("", 0755, &err), -ENOENT);
}

static void test_path_join(void **state)
{
	_cleanup_free_ char *plain = path_join("a", "b"), *slash = path_join("a/", "b"),
			    *root = path_join("/", "b");

	(void)state;
	assert_string_equal(plain, "a/b");
	assert_string_equal(slash, "a/b");
	assert_string_equal(root, "/b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_transfers),
		cmocka_unit_test(test_file_read),
		cmocka_unit_test(test_write_atomic_replaces),
		cmocka_unit_test(test_make_dirs),
		cmocka_unit_test(test_path_join),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
