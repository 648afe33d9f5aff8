/* rooms: images/boot protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The boot image's tree, its archive, recipes, and what a program needs. The archive is read back by libarchive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "images/boot/elf.h"
#include "images/boot/recipe.h"
#include "images/boot/tree.h"

static void add(struct tree *tree, const char *path, mode_t mode, const char *text)
{
	struct err err = {0};

	assert_int_equal(
		tree_add(tree, path, mode, text ? xstrdup(text) : NULL, text ? strlen(text) : 0, &err), 0);
}

static void add_three(struct tree *tree, const char *const order[3])
{
	struct err err = {0};

	for (int i = 0; i < 3; i++)
		add(tree, order[i], S_IFREG | 0644, order[i]);
	assert_int_equal(tree_add_node(tree, "/dev/null", S_IFCHR | 0666, 1, 3, &err), 0);
	add(tree, "/usr/bin/x", S_IFLNK | 0777, "/init");
	assert_int_equal(tree_finish(tree, &err), 0);
}

static const char *const names[] = {"dev",  "dev/null", "etc",     "etc/a",    "etc/b",
				    "init", "usr",      "usr/bin", "usr/bin/x"};

static void expect_entry(struct archive_entry *entry, int i)
{
	bool dir = S_ISDIR(archive_entry_mode(entry));

	assert_string_equal(archive_entry_pathname(entry), names[i]);
	assert_int_equal(archive_entry_uid(entry) + archive_entry_gid(entry), 0);
	assert_int_equal(archive_entry_mtime(entry), 1234567890);
	assert_int_equal(archive_entry_ino64(entry), i + 1);
	assert_int_equal(archive_entry_nlink(entry), 1);
	if (dir)
		assert_int_equal(archive_entry_mode(entry), S_IFDIR | 0755);
	if (i == 1)
		assert_int_equal(archive_entry_rdevminor(entry), 3);
	if (i == 8)
		assert_string_equal(archive_entry_symlink(entry), "/init");
}

static void test_archive(void **state)
{
	static const char *const order[] = {"/init", "/etc/b", "/etc/a"};
	_cleanup_(tree_clear) struct tree tree = {0};
	_cleanup_free_ char *bytes = NULL;
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	struct err err = {0};
	size_t len;
	int i = 0;

	(void)state;
	add_three(&tree, order);
	assert_int_equal(tree_cpio(&tree, 1234567890, &bytes, &len, &err), 0);
	assert_int_equal(len % 4, 0);
	assert_memory_equal(bytes, "070701", 6);
	archive_read_support_format_cpio(a);
	assert_int_equal(archive_read_open_memory(a, bytes, len), ARCHIVE_OK);
	while (archive_read_next_header(a, &entry) == ARCHIVE_OK)
		expect_entry(entry, i++);
	assert_int_equal(i, 9);
	archive_read_free(a);
}

static void test_order_of_adding_does_not_matter(void **state)
{
	static const char *const one[] = {"/init", "/etc/b", "/etc/a"}, *const other[] = {"/etc/a", "/init",
											  "/etc/b"};
	_cleanup_(tree_clear) struct tree t1 = {0}, t2 = {0};
	_cleanup_free_ char *b1 = NULL, *b2 = NULL;
	struct err err = {0};
	size_t n1, n2;

	(void)state;
	add_three(&t1, one);
	add_three(&t2, other);
	assert_int_equal(tree_cpio(&t1, 0, &b1, &n1, &err), 0);
	assert_int_equal(tree_cpio(&t2, 0, &b2, &n2, &err), 0);
	assert_int_equal(n1, n2);
	assert_memory_equal(b1, b2, n1);
}

static void test_bad_paths(void **state)
{
	static const char *const bad[] = {"", "/", "a", "/a/", "//a", "/a//b", "/./a", "/a/..", "/../etc"};
	_cleanup_(tree_clear) struct tree tree = {0};
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(tree_add(&tree, bad[i], S_IFREG | 0644, xstrdup("x"), 1, &err), -EINVAL);
	add(&tree, "/a..b/.c", S_IFREG | 0644, "x");
	assert_int_equal(tree.n, 1);
}

static void test_twice_and_in_a_file(void **state)
{
	_cleanup_(tree_clear) struct tree twice = {0}, in_file = {0};
	struct err err = {0};

	(void)state;
	add(&twice, "/a", S_IFREG | 0644, "x");
	add(&twice, "/a", S_IFREG | 0644, "x");
	assert_int_equal(tree_finish(&twice, &err), -EEXIST);
	add(&in_file, "/a", S_IFREG | 0644, "x");
	add(&in_file, "/a/b", S_IFREG | 0644, "x");
	assert_int_equal(tree_finish(&in_file, &err), -ENOTDIR);
}

static int run_recipe(const char *text, struct tree *tree, struct err *err)
{
	char path[] = "/tmp/recipe.XXXXXX";
	int fd = mkstemp(path), r;

	assert_true(fd >= 0);
	assert_int_equal(write_full(fd, text, strlen(text), err), 0);
	close(fd);
	r = recipe_run(path, tree, err);
	unlink(path);
	return r;
}

static void test_recipe(void **state)
{
	_cleanup_(tree_clear) struct tree tree = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(run_recipe("# a comment\n\ndir /tmp 1777\ntext /etc/hosts 644 127.0.0.1 localhost\n"
				    "node /dev/console 600 c 5 1\nlink /bin/sh busybox\n",
				    &tree, &err),
			 0);
	assert_int_equal(tree_find(&tree, "/tmp")->mode, S_IFDIR | 01777);
	assert_string_equal(tree_find(&tree, "/etc/hosts")->data, "127.0.0.1 localhost\n");
	assert_int_equal(tree_find(&tree, "/dev/console")->major, 5);
	assert_string_equal(tree_find(&tree, "/bin/sh")->data, "busybox");
}

static void test_recipe_errors(void **state)
{
	static const char *const bad[] = {
		"socket /x 644\n",       "dir /x 999\n", "dir /x\n",
		"node /x 600 p 1 1\n",   "link /x\n",    "file /x 644 /nonexistent\n",
		"tree /x /nonexistent\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		_cleanup_(tree_clear) struct tree tree = {0};
		_cleanup_free_ char *text = str_printf("dir /y 755\n%s", bad[i]);
		struct err err = {0};

		assert_true(run_recipe(text, &tree, &err) < 0);
		assert_non_null(strstr(err.text, "line 2"));
	}
}

/* This very program: it has an interpreter, and what it needs needs libc. */
static void test_program(void **state)
{
	_cleanup_(tree_clear) struct tree tree = {0};
	struct err err = {0};
	unsigned libraries = 0;

	(void)state;
	assert_int_equal(program_add(&tree, "/init", "/proc/self/exe", &err), 0);
	assert_int_equal(tree_find(&tree, "/init")->mode, S_IFREG | 0755);
	assert_non_null(tree_find(&tree, "/lib64/ld-linux-x86-64.so.2"));
	for (size_t i = 0; i < tree.n; i++)
		libraries += !!strstr(tree.files[i].path, "/libc.so.6");
	assert_int_equal(libraries, 1);
}

/* Each byte of the first kilobyte of a real program set to 0xff: refused or read, never read beyond. */
static void test_damaged_elf(void **state)
{
	_cleanup_free_ char *file = NULL;
	struct elf_needs needs;
	struct err err = {0};
	size_t len;

	(void)state;
	assert_int_equal(file_read("/proc/self/exe", TREE_FILE_MAX, &file, &len, &err), 0);
	assert_int_equal(elf_needs(file, len, &needs, &err), 0);
	assert_string_equal(needs.interpreter, "/lib64/ld-linux-x86-64.so.2");
	assert_true(needs.n_needed > 1);
	for (size_t i = 0; i < 1024; i++) {
		char was = file[i];

		file[i] = (char)0xff;
		(void)!elf_needs(file, len, &needs, &err);
		file[i] = was;
	}
	assert_int_equal(elf_needs(file, 63, &needs, &err), -EBADMSG);
	assert_int_equal(elf_needs("#!/bin/sh\n", 10, &needs, &err), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_archive),   cmocka_unit_test(test_order_of_adding_does_not_matter),
		cmocka_unit_test(test_bad_paths), cmocka_unit_test(test_twice_and_in_a_file),
		cmocka_unit_test(test_recipe),    cmocka_unit_test(test_recipe_errors),
		cmocka_unit_test(test_program),   cmocka_unit_test(test_damaged_elf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
