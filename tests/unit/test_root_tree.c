/* rooms: agent/steps agent/hw images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacking into a folder and comparing it again, as an ordinary user where that is enough; archives are libarchive's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <ftw.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "agent/steps/tree/attr.h"
#include "agent/steps/tree/compare.h"
#include "agent/steps/tree/private.h"
#include "core/io.h"

#define TAR_MAX (1u << 20)

/* A scratch folder with the tree in "in", and an archive that a test writes and unpacks. */
struct world {
	char folder[64];
	struct archive *writer;
	char *tar;
	size_t len, at;
	size_t step;        /* bytes that are handed over at a time */
	unsigned cancel_in; /* asks; 0: never */
	struct tree_list *list;
	struct unpack u;
	uint64_t compared; /* bytes of content */
	struct err err;
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static ssize_t next_bytes(void *data, const void **ret)
{
	struct world *w = data;
	size_t n = w->len - w->at < w->step ? w->len - w->at : w->step;

	*ret = w->tar + w->at;
	w->at += n;
	return (ssize_t)n;
}

static bool is_cancelled(void *data)
{
	struct world *w = data;

	return w->cancel_in && !--w->cancel_in;
}

static void no_progress(void *data, uint64_t bytes)
{
	(void)data;
	(void)bytes;
}

static char *path_of(struct world *w, const char *name)
{
	return str_printf("%s/%s", w->folder, name);
}

/* Archives are written where UTF-8 is known, and read where nothing is, as in the boot image. */
static void begin(struct world *w)
{
	assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
	w->writer = archive_write_new();
	archive_write_set_format_pax(w->writer);
	archive_write_open_memory(w->writer, w->tar, TAR_MAX, &w->len);
}

static int set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	_cleanup_free_ char *in = NULL;

	strcpy(w->folder, "/tmp/remint-tree-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	in = path_of(w, "in");
	assert_int_equal(mkdir(in, 0755), 0);
	w->tar = xcalloc(1, TAR_MAX);
	w->step = 777;
	w->list = tree_list_new(TREE_LIST_MAX);
	w->u = (struct unpack){.root = open(in, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
			       .list = w->list,
			       .file_max = 64 << 20,
			       .read = next_bytes,
			       .cancelled = is_cancelled,
			       .data = w};
	assert_true(w->u.root >= 0);
	assert_int_equal(unpack_folder_again(&w->u, ".", 0, &w->err), 0);
	begin(w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	archive_write_free(w->writer);
	close(w->u.root);
	tree_list_free(w->list);
	nftw(w->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(w->tar);
	free(w);
	return 0;
}

static struct archive_entry *entry_of(const char *path, mode_t mode)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_copy_pathname(e, path);
	archive_entry_set_mode(e, mode);
	archive_entry_set_uid(e, geteuid());
	archive_entry_set_gid(e, getegid());
	archive_entry_set_mtime(e, 1700000000, 123456789);
	archive_entry_set_size(e, 0);
	return e;
}

static void put_entry(struct world *w, struct archive_entry *e, const char *content)
{
	size_t len = content ? strlen(content) : 0;

	if (content)
		archive_entry_set_size(e, (int64_t)len);
	assert_int_equal(archive_write_header(w->writer, e), ARCHIVE_OK);
	if (len)
		assert_int_equal(archive_write_data(w->writer, content, len), len);
	archive_entry_free(e);
}

static void put_file(struct world *w, const char *path, const char *content)
{
	put_entry(w, entry_of(path, S_IFREG | 0640), content);
}

static void put_link(struct world *w, const char *path, const char *to, bool hard)
{
	struct archive_entry *e = entry_of(path, hard ? S_IFREG | 0644 : S_IFLNK | 0777);

	if (hard)
		archive_entry_copy_hardlink(e, to);
	else
		archive_entry_copy_symlink(e, to);
	put_entry(w, e, NULL);
}

static int unpack(struct world *w)
{
	assert_int_equal(archive_write_close(w->writer), ARCHIVE_OK);
	assert_non_null(setlocale(LC_ALL, "C"));
	return unpack_tar(&w->u, &w->err);
}

static int compare(struct world *w)
{
	struct compare c = {.root = w->u.root,
			    .list = w->list,
			    .cancelled = is_cancelled,
			    .progress = no_progress,
			    .data = w};
	int r;

	w->err = (struct err){0};
	r = compare_tree(&c, &w->err);
	if (r)
		print_message("%s\n", w->err.text);
	w->compared = c.bytes;
	return r;
}

/* A small system. */
static void put_system(struct world *w)
{
	struct archive_entry *e;

	put_entry(w, entry_of("./", S_IFDIR | 0755), NULL);
	put_entry(w, entry_of("./etc/", S_IFDIR | 0751), NULL);
	put_file(w, "./etc/hostname", "node\n");
	put_file(w,
		 "./usr/lib/gr\xc3\xbc\xc3\x9f"
		 "e",
		 "made without its folders being listed\n");
	put_link(w, "./lib", "usr/lib", false);
	put_link(w, "./etc/other", "./etc/hostname", true);
	put_entry(w, entry_of("./pipe", S_IFIFO | 0600), NULL);
	e = entry_of("./etc/run", S_IFREG | 04755);
	archive_entry_xattr_add_entry(e, "user.note", "kept", 4);
	put_entry(w, e, "#!/bin/sh\n");
}

static void test_round_trip(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *etc = path_of(w, "in/etc"), *run = path_of(w, "in/etc/run"), *text = NULL,
			    *long_name = path_of(w, "in/usr/lib/gr\xc3\xbc\xc3\x9f"
						    "e");
	struct stat a;
	char value[8];

	put_system(w);
	assert_int_equal(unpack(w), 0);
	assert_int_equal(stat(etc, &a), 0);
	assert_int_equal(a.st_mode & 07777, 0751);
	assert_int_equal(a.st_mtim.tv_sec, 1700000000);
	assert_int_equal(a.st_mtim.tv_nsec, 123456789);
	assert_int_equal(stat(run, &a), 0);
	assert_int_equal(a.st_mode & 07777, 04755);
	assert_int_equal(getxattr(run, "user.note", value, sizeof(value)), 4);
	assert_int_equal(file_read(long_name, 100, &text, NULL, &w->err), 0);
	assert_string_equal(text, "made without its folders being listed\n");
	assert_int_equal(compare(w), 0);
	assert_int_equal(w->compared, w->u.bytes + strlen("node\n")); /* which has two names */
}

/* Each way in which a tree can differ is found and named. */
static void expect_difference(struct world *w, const char *says)
{
	assert_int_equal(compare(w), -EIO);
	if (!strstr(w->err.text, says))
		fail_msg("\"%s\" does not say \"%s\"", w->err.text, says);
}

static void test_differences(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *hostname = path_of(w, "in/etc/hostname"), *new_file = path_of(w, "in/etc/new"),
			    *run = path_of(w, "in/etc/run"), *lib = path_of(w, "in/lib"),
			    *pipe_path = path_of(w, "in/pipe");

	put_system(w);
	assert_int_equal(unpack(w), 0);
	assert_int_equal(file_write_atomic(new_file, "x", 1, 0644, &w->err), 0);
	expect_difference(w, "etc/new: it was not unpacked");
	unlink(new_file);
	assert_int_equal(chmod(hostname, 0644), 0);
	expect_difference(w, "its mode");
	assert_int_equal(chmod(hostname, 0640), 0);
	assert_int_equal(setxattr(run, "user.note", "lost", 4, 0), 0);
	expect_difference(w, "etc/run: its ACL or extended attributes");
	assert_int_equal(setxattr(run, "user.note", "kept", 4, 0), 0);
	unlink(lib);
	expect_difference(w, "lib: it is missing");
	assert_int_equal(symlink("usr/lub", lib), 0);
	expect_difference(w, "lib: its target");
	unlink(lib);
	assert_int_equal(symlink("usr/lib", lib), 0);
	unlink(pipe_path);
	assert_int_equal(mkdir(pipe_path, 0700), 0);
	expect_difference(w, "pipe: its type");
	rmdir(pipe_path);
	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	assert_int_equal(compare(w), 0);
	int fd = open(hostname, O_WRONLY);
	assert_int_equal(pwrite(fd, "N", 1, 0), 1);
	expect_difference(w, "its content");
	assert_int_equal(pwrite(fd, "node\n", 5, 1), 5);
	expect_difference(w, "its size");
	close(fd);
}

static void test_sparse(void **state)
{
	struct world *w = *state;
	struct archive_entry *e = entry_of("disk", S_IFREG | 0600);
	_cleanup_free_ char *path = path_of(w, "in/disk"), *data = xcalloc(1, 4096);
	struct stat st;

	memset(data, 'x', 4096);
	archive_entry_set_size(e, 32 << 20);
	archive_entry_sparse_add_entry(e, 8 << 20, 4096);
	assert_int_equal(archive_write_header(w->writer, e), ARCHIVE_OK);
	archive_entry_free(e);
	/* libarchive's writer takes all of it and keeps what is no hole */
	for (unsigned i = 0; i < (32 << 20) / 4096; i++) {
		memset(data, i == (8 << 20) / 4096 ? 'x' : 0, 4096);
		assert_true(archive_write_data(w->writer, data, 4096) >= 0);
	}
	assert_int_equal(unpack(w), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 32 << 20);
	assert_true(st.st_blocks * 512 < 1 << 20);
	assert_int_equal(compare(w), 0);
	assert_int_equal(w->compared, 32 << 20); /* read back, holes are bytes */
}

/* ---- what is refused ---- */

static void expect_refused(struct world *w, const char *says)
{
	_cleanup_free_ char *outside = path_of(w, "outside"), *outside2 = path_of(w, "in/../outside");

	assert_int_equal(unpack(w), -EBADMSG);
	if (!strstr(w->err.text, says))
		fail_msg("\"%s\" does not say \"%s\"", w->err.text, says);
	assert_int_equal(access(outside, F_OK), -1);
	assert_int_equal(access(outside2, F_OK), -1);
}

static void test_path_up(void **state)
{
	put_file(*state, "../outside", "x");
	expect_refused(*state, "../outside: its path leads upwards");
}

static void test_path_up_within(void **state)
{
	put_file(*state, "a/b/../../../outside", "x");
	expect_refused(*state, "its path leads upwards");
}

static void test_absolute(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *outside = path_of(w, "outside");

	put_file(w, outside, "x");
	expect_refused(w, "its path is absolute");
}

static void test_link_above(void **state)
{
	put_link(*state, "way", "..", false);
	put_file(*state, "way/outside", "x");
	expect_refused(*state, "way/outside: way above it is no folder");
}

/* The list does not know of the link: the kernel refuses it. */
static void test_link_above_on_disk(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *way = path_of(w, "in/way"), *outside = path_of(w, "outside");

	assert_int_equal(symlink("..", way), 0);
	put_file(w, "way/outside", "x");
	assert_true(unpack(w) < 0);
	assert_int_equal(access(outside, F_OK), -1);
}

static void test_hard_link_out(void **state)
{
	put_link(*state, "passwd", "../../etc/passwd", true);
	expect_refused(*state, "the hard link to ../../etc/passwd");
}

static void test_hard_link_to_nothing(void **state)
{
	put_link(*state, "a", "b", true);
	expect_refused(*state, "which is no file of the archive before it");
}

static void test_device(void **state)
{
	struct archive_entry *e = entry_of("null", S_IFCHR | 0666);

	archive_entry_set_rdev(e, makedev(1, 3));
	put_entry(*state, e, NULL);
	expect_refused(*state, "null: it is a device node");
}

static void test_twice(void **state)
{
	struct world *w = *state;

	put_file(w, "a", "1");
	put_file(w, "a", "2");
	assert_int_equal(unpack(w), -EEXIST);
}

static void test_folder_onto_file(void **state)
{
	put_file(*state, "a", "1");
	put_entry(*state, entry_of("a", S_IFDIR | 0755), NULL);
	expect_refused(*state, "it stands twice");
}

static void test_too_large(void **state)
{
	struct world *w = *state;

	w->u.file_max = 3;
	put_file(w, "a", "1234");
	assert_int_equal(unpack(w), -EFBIG);
}

static void test_truncated(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *big = xcalloc(1, 20001);

	memset(big, 'y', 20000);
	put_file(w, "a", big);
	assert_int_equal(archive_write_close(w->writer), ARCHIVE_OK);
	w->len = 10000;
	assert_int_equal(unpack_tar(&w->u, &w->err), -EBADMSG);
}

static void test_cancelled(void **state)
{
	struct world *w = *state;

	put_system(w);
	w->cancel_in = 4;
	assert_int_equal(unpack(w), -ECANCELED);
}

/* ---- what only root can do ---- */

static void put_acl(struct archive_entry *e, int type)
{
	archive_entry_acl_add_entry(e, type, 7, ARCHIVE_ENTRY_ACL_USER_OBJ, -1, NULL);
	archive_entry_acl_add_entry(e, type, 5, ARCHIVE_ENTRY_ACL_GROUP_OBJ, -1, NULL);
	archive_entry_acl_add_entry(e, type, 0, ARCHIVE_ENTRY_ACL_OTHER, -1, NULL);
	archive_entry_acl_add_entry(e, type, 6, ARCHIVE_ENTRY_ACL_USER, 4711, "somebody");
	archive_entry_acl_add_entry(e, type, 7, ARCHIVE_ENTRY_ACL_MASK, -1, NULL);
}

static void keep_acl_and_capabilities(struct world *w)
{
	/* VFS_CAP_REVISION_2, effective; CAP_NET_RAW permitted */
	static const uint8_t capability[20] = {1, 0, 0, 2, 0, 0x20};
	_cleanup_free_ char *ping = path_of(w, "in/shared/ping"), *plain = path_of(w, "in/shared/plain"),
			    *shared = path_of(w, "in/shared");
	struct archive_entry *e = entry_of("shared", S_IFDIR | 0770);
	const char *xfs_acl = "trusted.SGI_ACL_FILE";
	uint8_t value[256];
	struct stat st;

	put_acl(e, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT);
	put_entry(w, e, NULL);
	e = entry_of("shared/ping", S_IFREG | 0755);
	archive_entry_set_uid(e, 1234);
	archive_entry_xattr_add_entry(e, "security.capability", capability, sizeof(capability));
	put_acl(e, ARCHIVE_ENTRY_ACL_TYPE_ACCESS);
	archive_entry_xattr_add_entry(e, xfs_acl, "as XFS has it", 13);
	put_entry(w, e, "elf");
	put_entry(w, entry_of("shared/plain", S_IFREG | 0644), "x");
	put_entry(w, entry_of("shared/made/x", S_IFREG | 0644), "x");
	assert_int_equal(unpack(w), 0);
	assert_int_equal(stat(ping, &st), 0);
	assert_int_equal(st.st_uid, 1234);
	assert_int_equal(getxattr(ping, "security.capability", value, sizeof(value)), sizeof(capability));
	assert_memory_equal(value, capability, sizeof(capability));
	assert_int_equal(getxattr(ping, ATTR_ACL_ACCESS, value, sizeof(value)), 4 + 5 * 8);
	assert_int_equal(value[4 + 8], 2); /* ACL_USER comes second */
	assert_int_equal(getxattr(shared, ATTR_ACL_DEFAULT, value, sizeof(value)), 4 + 5 * 8);
	/* It has inherited nothing. */
	assert_int_equal(getxattr(plain, ATTR_ACL_ACCESS, value, sizeof(value)), -1);
	assert_int_equal(stat(plain, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(compare(w), 0);
	/* XFS shows root its ACLs twice. */
	assert_int_equal(getxattr(ping, xfs_acl, value, sizeof(value)), -1);
	assert_int_equal(setxattr(ping, xfs_acl, "shown", 5, 0), 0);
	assert_int_equal(compare(w), 0);
	assert_int_equal(chown(ping, 1, 1), 0);
	expect_difference(w, "shared/ping: its owner");
}

static void test_acl_and_capabilities(void **state)
{
	if (geteuid() != 0)
		skip(); /* owners and capabilities are root's to give */
	keep_acl_and_capabilities(*state);
}

static void test_acl_by_name(void **state)
{
	struct world *w = *state;
	struct archive_entry *e = entry_of("a", S_IFREG | 0755);
	_cleanup_(attr_set_freep) struct attr_set *set = attr_set_new();

	put_acl(e, ARCHIVE_ENTRY_ACL_TYPE_ACCESS);
	archive_entry_acl_add_entry(e, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, 6, ARCHIVE_ENTRY_ACL_USER, -1, "lisa");
	assert_int_equal(attr_set_from_entry(set, e, &w->err), -EBADMSG);
	archive_entry_free(e);
}

/* ---- the list, copies ---- */

static void test_list_limit(void **state)
{
	_cleanup_(tree_list_freep) struct tree_list *list = tree_list_new(1u << 20);
	struct world *w = *state;
	uint32_t number = 0;
	char name[16];
	unsigned n = 0;
	int r = 0;

	for (; !r; n++) {
		snprintf(name, sizeof(name), "file-%u", n);
		r = tree_list_add(list, TREE_ROOT, name, &number, &w->err);
	}
	assert_int_equal(r, -ENOSPC);
	assert_true(n > 4000);
	for (unsigned i = 0; i + 1 < n; i++) {
		snprintf(name, sizeof(name), "file-%u", i);
		assert_int_equal(tree_list_find(list, TREE_ROOT, name), i + 1);
	}
	assert_int_equal(tree_list_find(list, TREE_ROOT, "FILE-1"), TREE_NONE);
	assert_int_equal(tree_list_find(list, 1, "file-1"), TREE_NONE);
}

static void test_list_without_case(void **state)
{
	_cleanup_(tree_list_freep) struct tree_list *list = tree_list_new(1u << 20);
	struct world *w = *state;
	uint32_t number = 0;

	tree_list_at(list, TREE_ROOT)->flags = TREE_BARE;
	assert_int_equal(tree_list_add(list, TREE_ROOT, "EFI", &number, &w->err), 0);
	assert_int_equal(tree_list_find(list, TREE_ROOT, "efi"), number);
}

static void test_copy(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *to = path_of(w, "in/boot/efi/EFI/BOOT/BOOTX64.EFI"), *text = NULL;

	put_file(w, "usr/lib/loader.efi", "MZ loader");
	put_link(w, "usr/lib/link.efi", "loader.efi", false);
	assert_int_equal(unpack(w), 0);
	assert_int_equal(
		unpack_copy(&w->u, "/usr/lib/loader.efi", &w->u, "boot/efi/EFI/BOOT/BOOTX64.EFI", &w->err),
		0);
	assert_int_equal(file_read(to, 100, &text, NULL, &w->err), 0);
	assert_string_equal(text, "MZ loader");
	assert_int_equal(compare(w), 0);
	assert_int_equal(unpack_copy(&w->u, "/usr/lib/link.efi", &w->u, "boot/x", &w->err), -ENOENT);
	assert_int_equal(unpack_copy(&w->u, "/usr/lib/loader.efi", &w->u, "../x", &w->err), -EBADMSG);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_round_trip),
		WITH(test_differences),
		WITH(test_sparse),
		WITH(test_path_up),
		WITH(test_path_up_within),
		WITH(test_absolute),
		WITH(test_link_above),
		WITH(test_link_above_on_disk),
		WITH(test_hard_link_out),
		WITH(test_hard_link_to_nothing),
		WITH(test_device),
		WITH(test_twice),
		WITH(test_folder_onto_file),
		WITH(test_too_large),
		WITH(test_truncated),
		WITH(test_cancelled),
		WITH(test_acl_and_capabilities),
		WITH(test_acl_by_name),
		WITH(test_list_limit),
		WITH(test_list_without_case),
		WITH(test_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
