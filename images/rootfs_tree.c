/* SPDX-License-Identifier: Apache-2.0 */
/* A folder and all that is in it. */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "images/rootfs.h"

DEFINE_CLEANUP(DIR *, closedir);

static int add(struct rootfs *fs, const char *path, const struct stat *st, struct err *err)
{
	struct rootfs_entry *e;
	int r;

	if (st->st_dev != fs->entries[0].dev)
		return err_set(err, EXDEV,
			       "/%s: another file system is mounted here: unmount it, or pack a copy", path);
	if ((r = rootfs_add(fs, path, st->st_mode, &e, err)) < 0)
		return r;
	e->dev = st->st_dev;
	e->ino = st->st_ino;
	e->size = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0;
	return 0;
}

static int add_name(struct rootfs *fs, int dir, const char *parent, const char *name,
		    struct rootfs_left *left, struct err *err)
{
	_cleanup_free_ char *path = parent[0] ? path_join(parent, name) : xstrdup(name);
	struct stat st;
	bool leave;
	int r;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "/%s", path);
	if ((r = rootfs_left_out(path, st.st_mode, left, &leave, err)) < 0 || leave)
		return r;
	return add(fs, path, &st, err);
}

static int list(struct rootfs *fs, const char *parent, struct rootfs_left *left, struct err *err)
{
	_cleanup_close_ int fd =
		openat(fs->fd, parent[0] ? parent : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_(closedirp) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;
	int r;

	if (!dir)
		return err_sys(err, errno, "/%s", parent);
	(void)TAKE_FD(fd); /* the DIR's now */
	while (errno = 0, (d = readdir(dir))) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		if ((r = add_name(fs, dirfd(dir), parent, d->d_name, left, err)) < 0)
			return r;
	}
	return errno ? err_sys(err, errno, "/%s", parent) : 0;
}

static int add_root(struct rootfs *fs, struct err *err)
{
	struct rootfs_entry *e;
	struct stat st;
	int r;

	if (fstat(fs->fd, &st) < 0)
		return err_sys(err, errno, "the folder");
	if ((r = rootfs_add(fs, "", st.st_mode, &e, err)) < 0)
		return r;
	e->dev = st.st_dev;
	e->ino = st.st_ino;
	return 0;
}

/* The list of entries is the queue of folders to be read, too. */
static int walk(struct rootfs *fs, struct rootfs_left *left, struct err *err)
{
	int r = add_root(fs, err);

	for (uint32_t i = 0; r == 0 && i < fs->n; i++)
		if (S_ISDIR(fs->entries[i].mode))
			r = list(fs, fs->entries[i].path, left, err);
	return r < 0 ? r : rootfs_finish(fs, err);
}

int rootfs_from_tree(const char *dir, const struct rootfs_notes *notes, struct rootfs **ret, struct err *err)
{
	_cleanup_(rootfs_freep) struct rootfs *fs = rootfs_new(dir, true);
	struct rootfs_left left = {.refuse = notes->refuse};

	fs->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fs->fd < 0)
		return err_sys(err, errno, "%s", dir);
	if (walk(fs, &left, err) < 0)
		return err_prepend(err, "%s", dir);
	rootfs_tell_left(&left, notes);
	*ret = TAKE_PTR(fs);
	return 0;
}
