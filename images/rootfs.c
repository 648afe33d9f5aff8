/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "images/rootfs.h"

#define HOPS_MAX 32 /* of hard links to hard links */

struct rootfs *rootfs_new(const char *name, bool is_tree)
{
	struct rootfs *fs = xcalloc(1, sizeof(*fs));

	fs->name = xstrdup(name);
	fs->fd = -EBADF;
	fs->is_tree = is_tree;
	return fs;
}

void rootfs_free(struct rootfs *fs)
{
	if (!fs)
		return;
	for (uint32_t i = 0; i < fs->n; i++) {
		free(fs->entries[i].path);
		free(fs->entries[i].target);
		archive_entry_free(fs->entries[i].meta);
	}
	free(fs->entries);
	free(fs->name);
	close_fdp(&fs->fd);
	free(fs);
}

static int grow(struct rootfs *fs, struct err *err)
{
	uint32_t capacity = fs->capacity ? 2 * fs->capacity : 1024;
	struct rootfs_entry *entries;

	if (fs->n >= ROOTFS_ENTRIES_MAX)
		return err_set(err, E2BIG, "more than %u files", ROOTFS_ENTRIES_MAX);
	entries = reallocarray(fs->entries, capacity, sizeof(*entries));
	if (!entries)
		return err_set(err, ENOMEM, "no memory for the names of %" PRIu32 " files", capacity);
	fs->entries = entries;
	fs->capacity = capacity;
	return 0;
}

int rootfs_add(struct rootfs *fs, const char *path, mode_t mode, struct rootfs_entry **ret, struct err *err)
{
	int r;

	if (strlen(path) > ROOTFS_PATH_MAX)
		return err_set(err, ENAMETOOLONG, "%.100s...: a path of more than %d bytes", path,
			       ROOTFS_PATH_MAX);
	if (fs->n == fs->capacity && (r = grow(fs, err)) < 0)
		return r;
	fs->entries[fs->n] = (struct rootfs_entry){.path = xstrdup(path), .mode = mode};
	*ret = &fs->entries[fs->n++];
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct rootfs_entry *x = a, *y = b;

	return strcmp(x->path, y->path);
}

const struct rootfs_entry *rootfs_find(const struct rootfs *fs, const char *path)
{
	struct rootfs_entry key = {.path = (char *)path + (path[0] == '/')};

	return fs->n ? bsearch(&key, fs->entries, fs->n, sizeof(key), by_path) : NULL;
}

static const struct rootfs_entry *parent_of(const struct rootfs *fs, const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *parent = slash ? strndup(path, (size_t)(slash - path)) : NULL;

	return parent ? rootfs_find(fs, parent) : NULL;
}

/* Sorted, a name's parent and its double are where they are looked for. */
static int check_names(const struct rootfs *fs, struct err *err)
{
	for (uint32_t i = 0; i < fs->n; i++) {
		const struct rootfs_entry *e = &fs->entries[i], *parent;

		if (i > 0 && !strcmp(e->path, e[-1].path))
			return err_set(err, EBADMSG, "/%s: is there twice", e->path);
		if (!e->path[0] && !S_ISDIR(e->mode))
			return err_set(err, EBADMSG, "/: is not a folder");
		if (!strchr(e->path, '/'))
			continue;
		parent = parent_of(fs, e->path);
		if (!parent || !S_ISDIR(parent->mode))
			return err_set(err, EBADMSG, "/%s: lies in something that is not there, or no folder",
				       e->path);
	}
	return 0;
}

/* ---- hard links ----------------------------------------------------------------------------------- */

/* An archive's link names its file, which may be a link too. */
static int resolve(const struct rootfs *fs, struct rootfs_entry *e, struct err *err)
{
	const struct rootfs_entry *to = e;

	for (unsigned hops = 0; to && to->target && hops < HOPS_MAX; hops++)
		to = rootfs_find(fs, to->target);
	if (!to || to->target || !S_ISREG(to->mode))
		return err_set(err, EBADMSG, "/%s: a hard link to /%s, which is not a file of the archive",
			       e->path, e->target);
	e->ino = (uint64_t)(to - fs->entries) + 1;
	return 0;
}

static int by_inode(const void *a, const void *b, void *data)
{
	const uint32_t *i = a, *j = b;
	const struct rootfs_entry *entries = data, *x = &entries[*i], *y = &entries[*j];

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return *i < *j ? -1 : *i > *j;
}

/* Names of one inode stand together now, the first one first. */
static void join(struct rootfs *fs, const uint32_t *order, uint32_t n)
{
	for (uint32_t k = 1; k < n; k++) {
		const struct rootfs_entry *before = &fs->entries[order[k - 1]];
		struct rootfs_entry *e = &fs->entries[order[k]];

		if (e->dev == before->dev && e->ino == before->ino)
			e->first = before->first;
	}
}

static int settle_links(struct rootfs *fs, struct err *err)
{
	_cleanup_free_ uint32_t *order = xcalloc(fs->n + 1, sizeof(*order));
	uint32_t n = 0;
	int r;

	for (uint32_t i = 0; i < fs->n; i++) {
		struct rootfs_entry *e = &fs->entries[i];

		e->first = e->inode = i;
		if (!fs->is_tree && e->target && (r = resolve(fs, e, err)) < 0)
			return r;
		if (!fs->is_tree && !e->target)
			e->ino = (uint64_t)i + 1;
		if (S_ISREG(e->mode) && e->ino)
			order[n++] = i;
		if (!fs->is_tree)
			e->inode = (uint32_t)(e->ino - 1);
	}
	qsort_r(order, n, sizeof(*order), by_inode, fs->entries);
	join(fs, order, n);
	return 0;
}

int rootfs_finish(struct rootfs *fs, struct err *err)
{
	int r;

	if (fs->n == 0)
		return err_set(err, EBADMSG, "no files");
	qsort(fs->entries, fs->n, sizeof(*fs->entries), by_path);
	if ((r = check_names(fs, err)) < 0 || (r = settle_links(fs, err)) < 0)
		return r;
	for (uint32_t i = 0; i < fs->n; i++)
		if (fs->entries[i].first == i)
			fs->bytes += fs->entries[fs->entries[i].inode].size;
	return 0;
}

/* ---- what is left out ------------------------------------------------------------------------------ */

int rootfs_left_out(const char *path, mode_t mode, struct rootfs_left *left, bool *ret, struct err *err)
{
	*ret = S_ISSOCK(mode) || S_ISCHR(mode) || S_ISBLK(mode);
	if (*ret && left->refuse)
		return err_set(err, EINVAL, "/%s: a %s: remove it", path,
			       S_ISSOCK(mode) ? "socket" : "device node");
	left->sockets += S_ISSOCK(mode);
	if (!S_ISCHR(mode) && !S_ISBLK(mode))
		return 0;
	left->devices++;
	if (strncmp(path, "dev/", 4) != 0)
		return err_set(err, EINVAL, "/%s: a device node outside /dev: remove it", path);
	return 0;
}

void rootfs_tell_left(const struct rootfs_left *left, const struct rootfs_notes *notes)
{
	char text[128];

	if (!notes->note || (!left->sockets && !left->devices))
		return;
	snprintf(text, sizeof(text),
		 "left out: %u sockets, and %u device nodes under /dev, which devtmpfs makes", left->sockets,
		 left->devices);
	notes->note(notes->data, text);
}
