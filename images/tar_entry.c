/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "core/io.h"
#include "images/tar_acl.h"
#include "images/tar_entry.h"

#define XATTRS_MAX 1024

struct xattr {
	char *name;
	void *value;
	size_t size;
};

/* ---- where it comes from --------------------------------------------------------------------------- */

static int check_same(const struct rootfs_entry *e, const struct stat *st, struct err *err)
{
	if (st->st_dev != e->dev || st->st_ino != e->ino || (st->st_mode & S_IFMT) != (e->mode & S_IFMT) ||
	    (S_ISREG(st->st_mode) && (uint64_t)st->st_size != e->size))
		return err_set(err, EBUSY, "changed while it was packed: stop what uses the folder");
	return 0;
}

/* libarchive reads ACLs and extended attributes by path. */
static int from_tree(const struct rootfs *fs, const struct rootfs_entry *e, struct archive *disk,
		     struct archive_entry *entry, struct stat *st, struct err *err)
{
	_cleanup_free_ char *path = str_printf("/proc/self/fd/%d/%s", fs->fd, e->path);
	int r;

	if (fstatat(fs->fd, e->path, st, AT_SYMLINK_NOFOLLOW | (e->path[0] ? 0 : AT_EMPTY_PATH)) < 0)
		return err_sys(err, errno, "its metadata");
	if ((r = check_same(e, st, err)) < 0)
		return r;
	archive_entry_copy_sourcepath(entry, path);
	if (archive_read_disk_entry_from_file(disk, entry, -1, st) != ARCHIVE_OK)
		return err_set(err, EIO, "%s",
			       archive_error_string(disk) ? archive_error_string(disk) : "its metadata");
	return 0;
}

/* ---- extended attributes, sorted -------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	const struct xattr *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int copy_xattrs(struct archive_entry *from, struct xattr *list, size_t *ret_n, struct err *err)
{
	const char *name;
	const void *value;
	size_t size;

	archive_entry_xattr_reset(from);
	while (archive_entry_xattr_next(from, &name, &value, &size) == ARCHIVE_OK) {
		if (*ret_n == XATTRS_MAX || !name)
			return err_set(err, E2BIG, "more than %d extended attributes", XATTRS_MAX);
		list[*ret_n] = (struct xattr){xstrdup(name), xcalloc(1, size + 1), size};
		if (size > 0)
			memcpy(list[*ret_n].value, value, size);
		(*ret_n)++;
	}
	return 0;
}

/* libarchive writes other bytes of a name as %XX, which neither it nor GNU tar turns back. */
static int check_name(const char *name, struct err *err)
{
	static const char *const spaces[] = {"user.", "security.", "trusted.", "system.", "btrfs."};
	bool known = false;

	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
		known = known || !strncmp(name, spaces[i], strlen(spaces[i]));
	if (!known)
		return err_set(err, EBADMSG, "its extended attribute '%s' is none that Linux has", name);
	for (const char *p = name; *p; p++)
		if (*p < '!' || *p > '~' || *p == '%' || *p == '=')
			return err_set(err, EBADMSG,
				       "the name of its extended attribute '%s' has other characters than "
				       "printable ASCII without space, '%%' and '=': remove it (setfattr -x)",
				       name);
	return 0;
}

/* Some archives say each twice, in two forms. */
static int add_xattrs(struct archive_entry *entry, const struct xattr *list, size_t n, struct err *err)
{
	int r;

	for (size_t i = 0; i < n; i++) {
		const struct xattr *x = &list[i], *before = i > 0 ? x - 1 : NULL;

		if (tar_acl_is_xattr(x->name) || tar_acl_is_shadow(x->name))
			continue;
		if ((r = check_name(x->name, err)) < 0)
			return r;
		if (!before || strcmp(before->name, x->name) != 0)
			archive_entry_xattr_add_entry(entry, x->name, x->value, x->size);
		else if (before->size != x->size || memcmp(before->value, x->value, x->size) != 0)
			return err_set(err, EBADMSG, "two values of the attribute %s", x->name);
	}
	return 0;
}

static int settle_xattrs(struct archive_entry *entry, struct err *err)
{
	_cleanup_free_ struct xattr *list = NULL;
	size_t n = 0;
	int r;

	if (archive_entry_xattr_count(entry) == 0)
		return 0;
	list = xcalloc(XATTRS_MAX, sizeof(*list));
	r = copy_xattrs(entry, list, &n, err);
	qsort(list, n, sizeof(*list), by_name);
	archive_entry_xattr_clear(entry);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = tar_acl_take_xattr(entry, list[i].name, list[i].value, list[i].size, err);
	if (r == 0)
		r = add_xattrs(entry, list, n, err);
	for (size_t i = 0; i < n; i++) {
		free(list[i].name);
		free(list[i].value);
	}
	return r;
}

/* ---- all of it --------------------------------------------------------------------------------------- */

static void settle_times(struct archive_entry *entry, time_t clamp)
{
	archive_entry_unset_atime(entry);
	archive_entry_unset_ctime(entry);
	archive_entry_unset_birthtime(entry);
	if (clamp >= 0 && (!archive_entry_mtime_is_set(entry) || archive_entry_mtime(entry) >= clamp))
		archive_entry_set_mtime(entry, clamp, 0);
	if (!archive_entry_mtime_is_set(entry))
		archive_entry_set_mtime(entry, 0, 0);
}

/* Whoever packs, wherever, and whatever the files' owners and dates: the same archive. */
static void make_plain(struct archive_entry *entry, time_t mtime)
{
	mode_t mode = archive_entry_mode(entry);
	bool runs = !S_ISREG(mode) || mode & 0111;

	archive_entry_set_uid(entry, 0);
	archive_entry_set_gid(entry, 0);
	archive_entry_set_mode(entry, (mode & S_IFMT) | (S_ISLNK(mode) ? 0777 : runs ? 0755 : 0644));
	archive_entry_set_mtime(entry, mtime, 0);
	archive_entry_xattr_clear(entry);
	archive_entry_acl_clear(entry);
}

/* 2^32 - 1 means "leave it" to chown(2). */
static int check_owner(struct archive_entry *entry, struct err *err)
{
	int64_t uid = archive_entry_uid(entry), gid = archive_entry_gid(entry);

	if (uid < 0 || gid < 0 || uid >= UINT32_MAX || gid >= UINT32_MAX)
		return err_set(err, EBADMSG, "its owner %" PRId64 ":%" PRId64 " is none that a file can have",
			       uid, gid);
	return 0;
}

/* What tells one machine's or archiver's copy of a file from another's. */
static void forget(struct archive_entry *entry)
{
	archive_entry_copy_sourcepath(entry, NULL);
	archive_entry_copy_uname(entry, NULL);
	archive_entry_copy_gname(entry, NULL);
	archive_entry_copy_mac_metadata(entry, NULL, 0);
	archive_entry_set_fflags(entry, 0, 0);
	archive_entry_sparse_clear(entry);
	archive_entry_set_dev(entry, 0);
	archive_entry_set_ino64(entry, 0);
	archive_entry_set_nlink(entry, 1);
}

static void set_names(const struct rootfs *fs, const struct rootfs_entry *e, struct archive_entry *entry)
{
	_cleanup_free_ char *path =
		str_printf("%s%s", e->path[0] ? e->path : ".", S_ISDIR(e->mode) ? "/" : "");
	const struct rootfs_entry *first = &fs->entries[e->first];

	archive_entry_copy_pathname(entry, path);
	if (first == e) {
		archive_entry_copy_hardlink(entry, NULL);
		return;
	}
	archive_entry_copy_hardlink(entry, first->path);
	archive_entry_unset_size(entry);
	archive_entry_xattr_clear(entry);
	archive_entry_acl_clear(entry);
}

int tar_entry_new(const struct rootfs *fs, const struct rootfs_entry *e, time_t clamp, struct archive *disk,
		  struct archive_entry **ret, struct stat *ret_st, struct err *err)
{
	const struct rootfs_entry *inode = &fs->entries[e->inode];
	_cleanup_(archive_entry_freep) struct archive_entry *entry =
		fs->is_tree ? archive_entry_new() : archive_entry_clone(inode->meta);
	int r;

	if (!entry)
		return err_set(err, ENOMEM, "no memory for an entry");
	if (fs->is_tree && (r = from_tree(fs, e, disk, entry, ret_st, err)) < 0)
		return r;
	/* of a plain one they are dropped, whatever they are */
	if (!fs->plain && ((r = settle_xattrs(entry, err)) < 0 || (r = tar_acl_settle(entry, err)) < 0))
		return r;
	settle_times(entry, clamp);
	if (fs->plain)
		make_plain(entry, clamp);
	if ((r = check_owner(entry, err)) < 0)
		return r;
	forget(entry);
	set_names(fs, e, entry);
	*ret = TAKE_PTR(entry);
	return 0;
}

/*
 * The pax writer's way to complain of a file type, which tar_entry_new() does not let come. libarchive's own stands beside a table of all
 * its formats, and linked statically would bring in libxml2 and ICU with one of them.
 */
void __archive_write_entry_filetype_unsupported(struct archive *archive, struct archive_entry *entry,
						const char *format);

void __archive_write_entry_filetype_unsupported(struct archive *archive, struct archive_entry *entry,
						const char *format)
{
	archive_set_error(archive, EINVAL, "%s cannot be stored in a %s archive",
			  archive_entry_pathname(entry), format);
}
