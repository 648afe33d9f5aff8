/* SPDX-License-Identifier: Apache-2.0 */
/* libarchive reads the entries; what an entry becomes on the disk is done here, below descriptors. */
#include "agent/steps/tree/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <string.h>

#include "agent/steps/tree/attr.h"
#include "agent/steps/tree/private.h"
#include "core/io.h"
#include "images/tar_read.h"

/* An entry on its way. */
struct item {
	struct unpack *u;
	struct archive *archive;
	struct archive_entry *entry;
	struct unpack_place place;
	struct tree_file file; /* what will stand in the list */
	struct attr_set *attributes;
};

static int make_regular(struct item *i, struct err *err)
{
	_cleanup_close_ int fd =
		beneath_open(i->place.folder, i->place.name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	int64_t size = archive_entry_size(i->entry);

	if (fd < 0)
		return err_sys(err, errno, "making it");
	if (size < 0 || (uint64_t)size > i->u->file_max)
		return err_set(err, EFBIG, "its size is %lld bytes, and the disk has %llu", (long long)size,
			       (unsigned long long)i->u->file_max);
	i->file.size = (uint64_t)size;
	return unpack_content(i->u, i->archive, fd, i->file.size, i->file.content, err);
}

/* ---- other kinds ---- */

static int make_symlink(struct item *i, struct err *err)
{
	const char *to = archive_entry_symlink(i->entry);

	if (!to || !*to || strlen(to) >= PATH_MAX)
		return err_set(err, EBADMSG, "the link points nowhere");
	if (symlinkat(to, i->place.folder, i->place.name) < 0)
		return err_sys(err, errno, "making the link");
	sha256(to, strlen(to), i->file.content);
	return 0;
}

/* The other name of a file that is there already: it has that file's owner, content and the rest. */
static int make_hardlink(struct item *i, const char *to, struct err *err)
{
	struct unpack_place from = {.folder = -EBADF};
	char clean[PATH_MAX];
	uint32_t number;
	int r;

	if (beneath_clean(to, clean, err) < 0)
		return err_prepend(err, "the hard link to %s", to);
	number = unpack_lookup(i->u->list, clean);
	if (number == TREE_NONE || S_ISDIR(tree_list_at(i->u->list, number)->mode))
		return err_set(err, EBADMSG, "a hard link to %s, which is no file of the archive before it",
			       to);
	if ((r = unpack_find_place(i->u, clean, &from, err)) < 0)
		return r;
	r = linkat(from.folder, from.name, i->place.folder, i->place.name, 0) < 0
		    ? err_sys(err, errno, "making the hard link to %s", to)
		    : 0;
	close(from.folder);
	i->file = *tree_list_at(i->u->list, number);
	return r;
}

static int make_folder(struct item *i, struct err *err)
{
	const uint32_t number = tree_list_find(i->u->list, i->place.parent, i->place.name);

	i->file.size = (uint64_t)(archive_entry_mtime_is_set(i->entry) ? archive_entry_mtime(i->entry) : 0);
	i->file.nsec = (uint32_t)archive_entry_mtime_nsec(i->entry) % 1000000000u;
	if (number != TREE_NONE) { /* made for what lies in it, or for a mount */
		if (!S_ISDIR(tree_list_at(i->u->list, number)->mode))
			return err_set(err, EBADMSG, "it stands twice in the archive");
		i->file.flags |= tree_list_at(i->u->list, number)->flags;
		return 0;
	}
	/* mke2fs makes lost+found. */
	if (mkdirat(i->place.folder, i->place.name, 0700) < 0 && errno != EEXIST)
		return err_sys(err, errno, "making the folder");
	return 0;
}

static int make(struct item *i, struct err *err)
{
	switch (i->file.mode & S_IFMT) {
	case S_IFREG:
		return make_regular(i, err);
	case S_IFLNK:
		return make_symlink(i, err);
	case S_IFDIR:
		return make_folder(i, err);
	case S_IFIFO:
		if (mkfifoat(i->place.folder, i->place.name, 0600) < 0)
			return err_sys(err, errno, "making the FIFO");
		return 0;
	default:
		return err_set(err, EBADMSG, "it is a device node or a socket, which no image may bring");
	}
}

/* ---- owner, mode, attributes, time: in this order, for chown(2) drops set-user-ID and capabilities ---- */

static int set_times(int folder, const char *name, int64_t sec, long nsec, struct err *err)
{
	const struct timespec times[2] = {{sec, nsec}, {sec, nsec}};

	if (utimensat(folder, name, times, AT_SYMLINK_NOFOLLOW) < 0 && errno != EINVAL)
		return err_sys(err, errno, "its time");
	return 0;
}

static int set_owner_and_mode(struct item *i, struct err *err)
{
	int64_t uid = archive_entry_uid(i->entry), gid = archive_entry_gid(i->entry);

	if (uid < 0 || gid < 0 || uid >= UINT32_MAX || gid >= UINT32_MAX)
		return err_set(err, EBADMSG, "its owner's number is none");
	i->file.uid = (uint32_t)uid;
	i->file.gid = (uint32_t)gid;
	if (fchownat(i->place.folder, i->place.name, i->file.uid, i->file.gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "its owner %u:%u", i->file.uid, i->file.gid);
	if (!S_ISLNK(i->file.mode) && fchmodat(i->place.folder, i->place.name, i->file.mode & 07777, 0) < 0)
		return err_sys(err, errno, "its mode %o", i->file.mode & 07777);
	return 0;
}

static int set_attributes(struct item *i, struct err *err)
{
	bool inherited = tree_list_at(i->u->list, i->place.parent)->flags & TREE_DEFAULT_ACL;
	_cleanup_free_ char *path = str_printf("/proc/self/fd/%d/%s", i->place.folder, i->place.name);
	int mask = attr_set_acl_mask(i->attributes), r;

	if ((r = attr_set_apply(i->attributes, path, inherited, err)) < 0)
		return r;
	if (mask >= 0)
		i->file.mode = (i->file.mode & ~070u) | (uint32_t)mask << 3;
	i->file.flags &= ~TREE_DEFAULT_ACL;
	if (attr_set_has(i->attributes, ATTR_ACL_DEFAULT))
		i->file.flags |= TREE_DEFAULT_ACL;
	attr_set_digest(i->attributes, i->file.attributes);
	return 0;
}

/* vfat carries content and names. What else the archive says of a file there is not kept, and not compared. */
static int set_all(struct item *i, struct err *err)
{
	int r;

	if (!(i->file.flags & TREE_BARE) &&
	    ((r = set_owner_and_mode(i, err)) < 0 || (r = set_attributes(i, err)) < 0))
		return r;
	if (S_ISDIR(i->file.mode) || !archive_entry_mtime_is_set(i->entry))
		return 0;
	return set_times(i->place.folder, i->place.name, archive_entry_mtime(i->entry),
			 archive_entry_mtime_nsec(i->entry), err);
}

/* ---- entries ---- */

static int record(struct item *i, bool is_root, struct err *err)
{
	uint32_t number = is_root ? TREE_ROOT : tree_list_find(i->u->list, i->place.parent, i->place.name);
	struct tree_file *f;
	int r;

	if (number == TREE_NONE &&
	    (r = tree_list_add(i->u->list, i->place.parent, i->place.name, &number, err)) < 0)
		return r;
	f = tree_list_at(i->u->list, number);
	i->file.parent = f->parent;
	i->file.name = f->name;
	i->file.next = f->next;
	*f = i->file;
	return 0;
}

/* The place is known. */
static int unpack_at(struct item *i, bool is_root, struct err *err)
{
	const char *hardlink = archive_entry_hardlink(i->entry);
	int r;

	i->file.flags |= tree_list_at(i->u->list, i->place.parent)->flags & TREE_BARE;
	if (hardlink) {
		if ((r = make_hardlink(i, hardlink, err)) < 0)
			return r;
	} else {
		i->file.mode = archive_entry_mode(i->entry);
		if (is_root && !S_ISDIR(i->file.mode))
			return err_set(err, EBADMSG, "the root is no folder");
		if (is_root)
			i->file.flags |= tree_list_at(i->u->list, TREE_ROOT)->flags;
		if ((r = attr_set_from_entry(i->attributes, i->entry, err)) < 0 || (r = make(i, err)) < 0 ||
		    (r = set_all(i, err)) < 0)
			return r;
	}
	return record(i, is_root, err);
}

static int unpack_entry(struct item *i, const char *path, struct err *err)
{
	_cleanup_(attr_set_freep) struct attr_set *attributes = attr_set_new();
	char clean[PATH_MAX];
	int r;

	i->attributes = attributes;
	if ((r = beneath_clean(path, clean, err)) < 0)
		return r;
	if (*clean) {
		r = unpack_find_place(i->u, clean, &i->place, err);
	} else {
		strcpy(i->place.name, ".");
		i->place.parent = TREE_ROOT;
		i->place.folder = beneath_open(i->u->root, "", O_PATH | O_DIRECTORY, 0);
		r = i->place.folder < 0 ? err_sys(err, errno, "the root folder") : 0;
	}
	if (r < 0)
		return r;
	r = unpack_at(i, !*clean, err);
	close(i->place.folder);
	return r;
}

/* Folders, the deepest last in the list, get their times when nothing more is made in them. */
static int finish_folders(struct unpack *u, struct err *err)
{
	char buf[PATH_MAX];

	for (uint32_t n = tree_list_count(u->list); n-- > 0;) {
		const struct tree_file *f = tree_list_at(u->list, n);
		_cleanup_close_ int fd = -EBADF;
		const char *path;

		if (!S_ISDIR(f->mode))
			continue;
		path = tree_list_path(u->list, n, buf);
		fd = beneath_open(u->root, path, O_PATH | O_DIRECTORY, 0);
		if (fd < 0)
			return err_sys(err, errno, "%s", path);
		if (set_times(fd, ".", (int64_t)f->size, f->nsec, err) < 0)
			return err_prepend(err, "%s", path);
	}
	return 0;
}

static int next_entry(struct unpack *u, struct archive *a, bool *ret_end, struct err *err)
{
	struct item item = {.u = u, .archive = a, .place = {.folder = -EBADF}};
	const char *path;
	int r = tar_read_next(a, &item.entry, err);

	*ret_end = r == 0 && !item.entry;
	if (r < 0 || *ret_end)
		return r;
	if (u->cancelled(u->data))
		return err_set(err, ECANCELED, "cancelled");
	path = archive_entry_pathname(item.entry);
	if (!path)
		return err_set(err, EBADMSG, "an entry without a name");
	if (unpack_entry(&item, path, err) < 0)
		return err->code == ECANCELED ? -ECANCELED : err_prepend(err, "%s", path);
	return 0;
}

int unpack_tar(struct unpack *u, struct err *err)
{
	const struct tar_source source = {.read = u->read, .data = u->data};
	_cleanup_(tar_read_closep) struct archive *a = NULL;
	bool end = false;
	int r = tar_read_open(&source, &a, err);

	while (!r && !end)
		r = next_entry(u, a, &end, err);
	if (!r)
		r = finish_folders(u, err);
	return r;
}
