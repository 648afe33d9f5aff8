/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the folder, and then the list for what was not met. Links are not followed; file systems that are mounted in it belong to it. */
#include "agent/steps/tree/compare.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "agent/hw/block/block.h"
#include "agent/steps/tree/attr.h"
#include "core/io.h"

#define STEP (256u * 1024) /* bytes at a time */

DEFINE_CLEANUP(DIR *, closedir);

static int differs(const char *what, struct err *err)
{
	return err_set(err, EIO, "its %s is not what was unpacked", what);
}

/* One in ten. */
static bool is_left_out(const struct compare *c)
{
	uint16_t dice = 0;

	if (!c->sampled)
		return false;
	random_bytes(&dice, sizeof(dice));
	return dice % 10 != 0;
}

static int hash_content(struct compare *c, int fd, uint64_t size, uint8_t digest[SHA256_SIZE],
			struct err *err)
{
	_cleanup_(sha256_stream_freep) struct sha256_stream *hash = sha256_stream_new();
	_cleanup_free_ void *buf = block_buffer(STEP);
	uint64_t at = 0;
	int r;

	while (at < size) {
		size_t n = size - at < STEP ? (size_t)(size - at) : STEP;

		if (c->cancelled(c->data))
			return err_set(err, ECANCELED, "cancelled");
		if ((r = pread_full(fd, buf, n, at, err)) < 0)
			return r;
		sha256_stream_add(hash, buf, n);
		at += n;
		c->bytes += n;
		c->progress(c->data, c->bytes);
	}
	sha256_stream_end(hash, digest);
	return 0;
}

static int compare_regular(struct compare *c, int folder, const char *name, const struct tree_file *f,
			   const struct stat *st, struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	_cleanup_close_ int fd = -EBADF;
	int r;

	if ((uint64_t)st->st_size != f->size)
		return differs("size", err);
	if (is_left_out(c))
		return 0;
	fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_sys(err, errno, "opening it");
	if ((r = hash_content(c, fd, f->size, digest, err)) < 0)
		return r;
	c->files_read++;
	return memcmp(digest, f->content, sizeof(digest)) == 0 ? 0 : differs("content", err);
}

static int compare_link(int folder, const char *name, const struct tree_file *f, struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	char to[PATH_MAX];
	ssize_t n = readlinkat(folder, name, to, sizeof(to));

	if (n < 0)
		return err_sys(err, errno, "reading the link");
	sha256(to, (size_t)n, digest);
	return memcmp(digest, f->content, sizeof(digest)) == 0 ? 0 : differs("target", err);
}

static int compare_attributes(int folder, const char *name, const struct tree_file *f, struct err *err)
{
	_cleanup_(attr_set_freep) struct attr_set *set = attr_set_new();
	_cleanup_free_ char *path = str_printf("/proc/self/fd/%d/%s", folder, name);
	uint8_t digest[16];
	int r = attr_set_from_path(set, path, err);

	if (r < 0)
		return r;
	attr_set_digest(set, digest);
	return memcmp(digest, f->attributes, sizeof(digest)) == 0
		       ? 0
		       : differs("ACL or extended attributes", err);
}

/* Does not go down into folders. */
static int compare_one(struct compare *c, int folder, const char *name, const struct tree_file *f,
		       struct err *err)
{
	struct stat st;
	int r;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "looking at it");
	if ((st.st_mode & S_IFMT) != (f->mode & S_IFMT))
		return differs("type", err);
	if (!(f->flags & TREE_BARE)) {
		if (st.st_uid != f->uid || st.st_gid != f->gid)
			return differs("owner", err);
		if (!S_ISLNK(st.st_mode) && (st.st_mode & 07777) != (f->mode & 07777))
			return differs("mode", err);
		if ((r = compare_attributes(folder, name, f, err)) < 0)
			return r;
	}
	if (S_ISREG(st.st_mode))
		return compare_regular(c, folder, name, f, &st, err);
	return S_ISLNK(st.st_mode) ? compare_link(folder, name, f, err) : 0;
}

/* mke2fs puts an empty one into the root of each file system. */
static bool is_lost_found(const struct compare *c, uint32_t parent, int folder, const char *name)
{
	bool root = parent == TREE_ROOT || tree_list_at(c->list, parent)->flags & TREE_MOUNT;
	_cleanup_(closedirp) DIR *dir = NULL;
	unsigned n = 0;
	int fd;

	if (!root || strcmp(name, "lost+found") != 0)
		return false;
	fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		close_fdp(&fd);
		return false;
	}
	while (readdir(dir))
		n++;
	return n == 2; /* "." and ".." */
}

static int walk(struct compare *c, int folder, uint32_t number, unsigned depth, struct err *err);

static int walk_child(struct compare *c, int folder, uint32_t parent, const char *name, unsigned depth,
		      struct err *err)
{
	uint32_t number = tree_list_find(c->list, parent, name);
	_cleanup_close_ int fd = -EBADF;
	char buf[PATH_MAX];
	int r;

	if (number == TREE_NONE) {
		if (is_lost_found(c, parent, folder, name))
			return 0;
		return err_set(err, EIO, "%s/%s: it was not unpacked", tree_list_path(c->list, parent, buf),
			       name);
	}
	if (c->cancelled(c->data))
		return err_set(err, ECANCELED, "cancelled");
	tree_list_at(c->list, number)->flags |= TREE_SEEN;
	if ((r = compare_one(c, folder, name, tree_list_at(c->list, number), err)) < 0)
		return r == -ECANCELED ? r : err_prepend(err, "%s", tree_list_path(c->list, number, buf));
	if (!S_ISDIR(tree_list_at(c->list, number)->mode))
		return 0;
	fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "%s", tree_list_path(c->list, number, buf));
	return walk(c, fd, number, depth + 1, err);
}

static int walk(struct compare *c, int folder, uint32_t number, unsigned depth, struct err *err)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	_cleanup_(closedirp) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		r = err_sys(err, errno, "reading a folder");
		close_fdp(&fd);
		return r;
	}
	if (depth > TREE_DEPTH_MAX)
		return err_set(err, ELOOP, "too many folders within folders");
	while (!r) {
		errno = 0;
		entry = readdir(dir);
		if (!entry)
			return errno ? err_sys(err, errno, "reading a folder") : 0;
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = walk_child(c, folder, number, entry->d_name, depth, err);
	}
	return r;
}

int compare_tree(struct compare *c, struct err *err)
{
	char buf[PATH_MAX];
	int r;

	for (uint32_t i = 0; i < tree_list_count(c->list); i++)
		tree_list_at(c->list, i)->flags &= ~TREE_SEEN;
	c->bytes = c->files_read = 0;
	if (compare_one(c, c->root, ".", tree_list_at(c->list, TREE_ROOT), err) < 0)
		return err_prepend(err, "the root folder");
	if ((r = walk(c, c->root, TREE_ROOT, 0, err)) < 0)
		return r;
	for (uint32_t i = 1; i < tree_list_count(c->list); i++)
		if (!(tree_list_at(c->list, i)->flags & TREE_SEEN))
			return err_set(err, EIO, "%s: it is missing", tree_list_path(c->list, i, buf));
	return 0;
}
