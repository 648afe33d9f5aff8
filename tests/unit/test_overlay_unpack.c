/* rooms: agent/overlay agent/hw images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* An overlay's archive into a folder: each way in which one may be hostile is refused, nothing appears beside the folder, and nothing stays mounted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "agent/overlay/unpack.h"
#include "core/io.h"

#define TAR_MAX (1u << 20)

/* A scratch folder with the tree in "in" and a file beside it, and an archive that a test writes. */
struct world {
	char folder[64];
	int root;
	struct archive *writer;
	char *tar;
	size_t len, at;
	size_t cut;         /* bytes that are missing at the archive's end */
	unsigned cancel_in; /* asks; 0: never */
	struct overlay overlay;
	struct err err;
};

static ssize_t next_bytes(void *data, const void **ret)
{
	struct world *w = data;
	size_t len = w->len - w->cut, n = len - w->at < 777 ? len - w->at : 777;

	*ret = w->tar + w->at;
	w->at += n;
	return (ssize_t)n;
}

static bool is_cancelled(void *data)
{
	struct world *w = data;

	return w->cancel_in && !--w->cancel_in;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static char *path_of(const struct world *w, const char *name)
{
	return str_printf("%s/%s", w->folder, name);
}

static int set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	_cleanup_free_ char *in = NULL, *secret = NULL;

	strcpy(w->folder, "/tmp/remint-overlay-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	in = path_of(w, "in");
	secret = path_of(w, "secret");
	assert_int_equal(mkdir(in, 0755), 0);
	assert_int_equal(file_write_atomic(secret, "mine", 4, 0600, &w->err), 0);
	w->root = open(in, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(w->root >= 0);
	w->tar = xcalloc(1, TAR_MAX);
	w->overlay = (struct overlay){.size = 1 << 20, .files = 0};
	w->writer = archive_write_new();
	archive_write_set_format_pax(w->writer);
	archive_write_set_bytes_per_block(w->writer, 0);
	assert_int_equal(archive_write_open_memory(w->writer, w->tar, TAR_MAX, &w->len), ARCHIVE_OK);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	archive_write_free(w->writer);
	close(w->root);
	nftw(w->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(w->tar);
	free(w);
	return 0;
}

static void put_entry(struct world *w, struct archive_entry *e, const char *content)
{
	size_t len = content ? strlen(content) : 0;

	archive_entry_set_size(e, (int64_t)len);
	assert_int_equal(archive_write_header(w->writer, e), ARCHIVE_OK);
	if (len)
		assert_int_equal(archive_write_data(w->writer, content, len), len);
	archive_entry_free(e);
	w->overlay.files++;
}

static struct archive_entry *entry_of(const char *path, mode_t mode)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_copy_pathname(e, path);
	archive_entry_set_mode(e, mode);
	return e;
}

static void put(struct world *w, const char *path, mode_t mode, const char *content)
{
	put_entry(w, entry_of(path, mode), content);
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

static void put_device(struct world *w, const char *path, mode_t type)
{
	struct archive_entry *e = entry_of(path, type | 0666);

	archive_entry_set_rdev(e, makedev(1, 3));
	put_entry(w, e, NULL);
}

static struct overlay_input input_of(struct world *w)
{
	return (struct overlay_input){
		.source = {.read = next_bytes, .data = w}, .cancelled = is_cancelled, .data = w};
}

static int unpack(struct world *w)
{
	const struct overlay_input input = input_of(w);

	assert_int_equal(archive_write_close(w->writer), ARCHIVE_OK);
	return overlay_unpack_into(w->root, &w->overlay, &input, &w->err);
}

static void put_tree(struct world *w)
{
	put(w, "./", S_IFDIR | 0700, NULL);
	put(w, "usr/", S_IFDIR | 0750, NULL);
	put(w, "usr/lib/", S_IFDIR | 0755, NULL);
	put(w, "usr/lib/libx.so.1", S_IFREG | 0755, "elf");
	put_link(w, "usr/lib/libx.so", "libx.so.1", false);
	put_link(w, "usr/lib/same", "usr/lib/libx.so.1", true);
	put(w, "var/", S_IFDIR | 0755, NULL);
}

static void test_a_good_tree(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *file = path_of(w, "in/usr/lib/libx.so"), *same = path_of(w, "in/usr/lib/same"),
			    *usr = path_of(w, "in/usr"), *proc = path_of(w, "in/proc"), *text = NULL;
	struct stat a, b;

	put_tree(w);
	w->overlay.size = 2 * OVERLAY_BLOCK; /* a file and a symbolic link: exactly what it takes */
	if (unpack(w) < 0)
		fail_msg("%s", w->err.text);
	assert_int_equal(file_read(file, 10, &text, NULL, &w->err), 0);
	assert_string_equal(text, "elf");
	assert_int_equal(stat(file, &a), 0);
	assert_int_equal(stat(same, &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	assert_int_equal(a.st_mode & 07777, 0755);
	assert_int_equal(stat(usr, &a), 0);
	assert_int_equal(a.st_mode & 07777, 0750);
	assert_int_equal(stat(proc, &a), 0); /* the archive has none */
	assert_true(S_ISDIR(a.st_mode));
}

/* ---- hostile archives ---- */

static void up(struct world *w)
{
	put(w, "../evil", S_IFREG | 0644, "x");
}

static void up_within(struct world *w)
{
	put(w, "usr/../../evil", S_IFREG | 0644, "x");
}

static void absolute(struct world *w)
{
	_cleanup_free_ char *evil = path_of(w, "evil");

	put(w, evil, S_IFREG | 0644, "x");
}

static void through_link(struct world *w)
{
	put_link(w, "usr/lib/here", "../lib", false);
	put(w, "usr/lib/here/evil", S_IFREG | 0644, "x");
}

static void over_link(struct world *w)
{
	put_link(w, "usr/lib/new", "libx.so.1", false);
	put(w, "usr/lib/new", S_IFREG | 0644, "x");
}

static void link_out(struct world *w)
{
	put_link(w, "usr/out", "../../secret", false);
}

static void link_absolute(struct world *w)
{
	put_link(w, "out", "/etc/passwd", false);
}

static void link_behind_link(struct world *w)
{
	put_link(w, "usr/lib/out", "libx.so/../../../..", false);
}

static void hard_link_out(struct world *w)
{
	put_link(w, "got", "../secret", true);
}

static void hard_link_absolute(struct world *w)
{
	_cleanup_free_ char *secret = path_of(w, "secret");

	put_link(w, "got", secret, true);
}

static void hard_link_to_nothing(struct world *w)
{
	put_link(w, "got", "usr/lib/none", true);
}

static void hard_link_to_link(struct world *w)
{
	put_link(w, "got", "usr/lib/libx.so", true);
}

static void hard_link_to_folder(struct world *w)
{
	put_link(w, "got", "usr/lib", true);
}

static void device(struct world *w)
{
	put_device(w, "null", S_IFCHR);
}

static void block_device(struct world *w)
{
	put_device(w, "disk", S_IFBLK);
}

static void fifo(struct world *w)
{
	put(w, "pipe", S_IFIFO | 0600, NULL);
}

static void set_uid(struct world *w)
{
	put(w, "su", S_IFREG | 04755, "x");
}

static void set_gid(struct world *w)
{
	put(w, "folder/", S_IFDIR | 02755, NULL);
}

static void twice(struct world *w)
{
	put(w, "usr/lib/libx.so.1", S_IFREG | 0644, "y");
}

static void folder_twice(struct world *w)
{
	put(w, "usr/", S_IFDIR | 0755, NULL);
}

static void no_folder(struct world *w)
{
	put(w, "opt/x", S_IFREG | 0644, "x");
}

static void below_file(struct world *w)
{
	put(w, "usr/lib/libx.so.1/x", S_IFREG | 0644, "x");
}

static void in_var(struct world *w)
{
	put(w, "var/x", S_IFREG | 0644, "x");
}

static void dev_is_link(struct world *w)
{
	put_link(w, "dev", "usr", false);
}

static void root_is_link(struct world *w)
{
	put_link(w, ".", "usr", false);
}

static void too_many(struct world *w)
{
	put(w, "more", S_IFREG | 0644, "x");
	w->overlay.files--;
}

static void too_few(struct world *w)
{
	w->overlay.files++;
}

static void too_large(struct world *w)
{
	put(w, "more", S_IFREG | 0644, "x");
	w->overlay.size = 3 * OVERLAY_BLOCK - 1;
}

/* A hole, which a tmpfs would give for nothing. */
static void hole(struct world *w)
{
	static const char zeros[8 << 20];
	struct archive_entry *e = entry_of("hole", S_IFREG | 0644);

	archive_entry_set_size(e, sizeof(zeros));
	archive_entry_sparse_add_entry(e, sizeof(zeros) - 1, 1);
	assert_int_equal(archive_write_header(w->writer, e), ARCHIVE_OK);
	assert_int_equal(archive_write_data(w->writer, zeros, sizeof(zeros)), sizeof(zeros));
	archive_entry_free(e);
	w->overlay.files++;
}

static void truncated(struct world *w)
{
	put(w, "more", S_IFREG | 0644, "a file whose end is missing");
	w->cut = 1024 + 500;
}

static const struct {
	void (*spoil)(struct world *w);
	int code;
	const char *says;
} hostile[] = {
	{up, EBADMSG, "../evil: its path leads upwards"},
	{up_within, EBADMSG, "leads upwards"},
	{absolute, EBADMSG, "absolute"},
	{through_link, EBADMSG, "usr/lib/here/evil: it lies in no folder"},
	{over_link, EBADMSG, "usr/lib/new: it stands twice"},
	{link_out, EBADMSG, "usr/out: a symbolic link to ../../secret"},
	{link_absolute, EBADMSG, "out: a symbolic link to /etc/passwd"},
	{link_behind_link, EBADMSG, "usr/lib/out: a symbolic link"},
	{hard_link_out, EBADMSG, "got: a hard link to ../secret"},
	{hard_link_absolute, EBADMSG, "absolute"},
	{hard_link_to_nothing, EBADMSG, "no file of the archive before it"},
	{hard_link_to_link, EBADMSG, "no file of the archive before it"},
	{hard_link_to_folder, EBADMSG, "no file of the archive before it"},
	{device, EBADMSG, "null: it is a device node"},
	{block_device, EBADMSG, "disk: it is a device node"},
	{fifo, EBADMSG, "pipe: it is a device node, a FIFO"},
	{set_uid, EBADMSG, "su: its mode 4755"},
	{set_gid, EBADMSG, "folder/: its mode 2755"},
	{twice, EBADMSG, "usr/lib/libx.so.1: it stands twice"},
	{folder_twice, EBADMSG, "usr/: it stands twice"},
	{no_folder, EBADMSG, "opt/x: it lies in no folder"},
	{below_file, EBADMSG, "it lies in no folder"},
	{in_var, EBADMSG, "var/x: nothing may lie there"},
	{dev_is_link, EBADMSG, "dev: nothing may lie there"},
	{root_is_link, EBADMSG, "the root is no folder"},
	{too_many, EFBIG, "more than the 7 entries"},
	{too_few, EBADMSG, "ends after 7 of the 8 entries"},
	{too_large, EFBIG, "more: the archive has more than the 12287 bytes"},
	{hole, EFBIG, "hole: the archive has more than"},
	{truncated, EBADMSG, "the archive is damaged"},
};

static void expect_nothing_outside(const struct world *w)
{
	_cleanup_free_ char *evil = path_of(w, "evil"), *secret = path_of(w, "secret");
	struct stat st;

	assert_int_equal(access(evil, F_OK), -1);
	assert_int_equal(access("/evil", F_OK), -1);
	assert_int_equal(stat(secret, &st), 0);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(st.st_size, 4);
}

static void test_hostile(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		void *one = NULL;
		struct world *w;

		set_up(&one);
		w = one;
		put_tree(w);
		hostile[i].spoil(w);
		if (unpack(w) != -hostile[i].code || !strstr(w->err.text, hostile[i].says))
			fail_msg("%zu, \"%s\": %d \"%s\"", i, hostile[i].says, w->err.code, w->err.text);
		expect_nothing_outside(w);
		tear_down(&one);
	}
}

/* Cut anywhere, even between two entries, it is not taken for whole. */
static void test_every_cut(void **state)
{
	struct world *w = *state;
	size_t whole;

	put_tree(w);
	assert_int_equal(unpack(w), 0);
	whole = w->len - 1024; /* two blocks of zeros end it */
	for (size_t len = 0; len < whole; len += 256) {
		const struct overlay_input input = input_of(w);
		_cleanup_free_ char *in = str_printf("%s/cut%zu", w->folder, len);
		_cleanup_close_ int root = -EBADF;

		assert_int_equal(mkdir(in, 0755), 0);
		root = open(in, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		w->at = 0;
		w->cut = w->len - len;
		if (overlay_unpack_into(root, &w->overlay, &input, &w->err) == 0)
			fail_msg("%zu bytes were taken for all", len);
	}
}

static void test_cancelling(void **state)
{
	struct world *w = *state;

	put_tree(w);
	w->cancel_in = 3;
	assert_int_equal(unpack(w), -ECANCELED);
}

/* ---- a file system of its own, in a mount namespace of this test ---- */

static bool can_mount; /* else these tests are skipped */

static int own_mounts(void **state)
{
	if (set_up(state) < 0)
		return -1;
	can_mount = unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNS : CLONE_NEWNS) == 0 &&
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		    mount("tmpfs", "/run", "tmpfs", 0, NULL) == 0;
	return 0;
}

static bool is_mounted(const char *path)
{
	_cleanup_free_ char *text = NULL, *line = str_printf(" %s ", path);
	struct err err;

	assert_int_equal(file_read("/proc/self/mounts", 1 << 20, &text, NULL, &err), 0);
	return strstr(text, line);
}

static void test_mounted_and_sealed(void **state)
{
	struct world *w = *state;
	const struct overlay_input input = input_of(w);
	_cleanup_free_ char *tree = NULL, **libraries = NULL;
	struct statfs fs;

	if (!can_mount)
		skip();
	put_tree(w);
	w->overlay.size = 2 * OVERLAY_BLOCK;
	assert_int_equal(archive_write_close(w->writer), ARCHIVE_OK);
	for (unsigned round = 0; round < 2; round++) { /* the second drops what the first has left */
		free(TAKE_PTR(tree));
		w->at = 0;
		if (overlay_unpack("x", &w->overlay, 1 << 20, &input, &tree, &w->err) < 0)
			fail_msg("%s", w->err.text);
	}
	assert_string_equal(tree, OVERLAY_FOLDER "/x");
	assert_int_equal(statfs(tree, &fs), 0);
	assert_int_equal((uint64_t)fs.f_blocks * (uint64_t)fs.f_bsize, w->overlay.size);
	assert_int_equal(fs.f_bavail, 1); /* short links take no page */
	assert_int_equal(mkdir(OVERLAY_FOLDER "/x/new", 0755), -1);
	assert_int_equal(errno, EROFS);
	libraries = overlay_library_folders(tree);
	assert_string_equal(libraries[0], OVERLAY_FOLDER "/x/usr/lib");
	assert_null(libraries[1]);
	free(libraries[0]);
	assert_int_equal(overlay_drop(tree, &w->err), 0);
	assert_false(is_mounted(tree));
	assert_int_equal(access(tree, F_OK), -1);
}

static void test_nothing_stays(void **state)
{
	struct world *w = *state;
	const struct overlay_input input = input_of(w);
	char *tree = NULL;

	if (!can_mount)
		skip();
	put_tree(w);
	device(w);
	assert_int_equal(archive_write_close(w->writer), ARCHIVE_OK);
	assert_int_equal(overlay_unpack("x", &w->overlay, 8 << 20, &input, &tree, &w->err), -EBADMSG);
	assert_null(tree);
	assert_false(is_mounted(OVERLAY_FOLDER "/x"));
	assert_int_equal(access(OVERLAY_FOLDER "/x", F_OK), -1);
}

static void test_more_than_the_machine_has(void **state)
{
	struct world *w = *state;
	const struct overlay_input input = input_of(w);
	char *tree = NULL;

	put_tree(w);
	assert_int_equal(archive_write_close(w->writer), ARCHIVE_OK);
	w->overlay.size = 100 << 20;
	assert_int_equal(overlay_unpack("x", &w->overlay, 64 << 20, &input, &tree, &w->err), -ENOMEM);
	assert_non_null(strstr(w->err.text, "takes 101 MiB of memory, and this machine can spare 64 MiB"));
	assert_int_equal(w->at, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_good_tree),
		cmocka_unit_test(test_hostile),
		TEST(test_every_cut),
		TEST(test_cancelling),
		TEST(test_more_than_the_machine_has),
		cmocka_unit_test_setup_teardown(test_mounted_and_sealed, own_mounts, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_stays, own_mounts, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
