/* SPDX-License-Identifier: Apache-2.0 */
/* The files that boot, out of the unpacked tree onto the EFI system partition. They are read as data and never run. */
#include <fcntl.h>
#include <string.h>

#include "agent/hw/block/block.h"
#include "agent/steps/tree/private.h"
#include "core/io.h"

#define STEP (256u * 1024)

static int open_source(const struct unpack *u, const char *from, uint32_t *ret_number, struct err *err)
{
	char clean[PATH_MAX];
	int fd, r;

	if ((r = beneath_clean(from + strspn(from, "/"), clean, err)) < 0)
		return r;
	*ret_number = unpack_lookup(u->list, clean);
	if (*ret_number == TREE_NONE || !S_ISREG(tree_list_at(u->list, *ret_number)->mode))
		return err_set(err, ENOENT, "the archive has no regular file of this name");
	fd = beneath_open(u->root, clean, O_RDONLY, 0);
	return fd < 0 ? err_sys(err, errno, "opening it") : fd;
}

static int copy_bytes(const struct unpack *u, int from, int to, uint64_t size, struct err *err)
{
	_cleanup_free_ void *buf = block_buffer(STEP);
	int r;

	for (uint64_t at = 0; at < size;) {
		size_t n = size - at < STEP ? (size_t)(size - at) : STEP;

		if (u->cancelled(u->data))
			return err_set(err, ECANCELED, "cancelled");
		if ((r = pread_full(from, buf, n, at, err)) < 0 || (r = pwrite_full(to, buf, n, at, err)) < 0)
			return r;
		at += n;
	}
	return fsync(to) < 0 ? err_sys(err, errno, "flush") : 0;
}

/* What the archive had there is replaced. */
static int copy_to(const struct unpack *u, int from, const struct tree_file *source, struct unpack *to,
		   const struct unpack_place *place, struct err *err)
{
	_cleanup_close_ int fd = beneath_open(place->folder, place->name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	uint32_t number = tree_list_find(to->list, place->parent, place->name);
	struct tree_file copied = *source, *f;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "making it");
	if (!S_ISREG(st.st_mode))
		return err_set(err, EBADMSG, "there is something else of this name");
	if ((r = copy_bytes(u, from, fd, copied.size, err)) < 0)
		return r;
	if (number == TREE_NONE &&
	    (r = tree_list_add(to->list, place->parent, place->name, &number, err)) < 0)
		return r;
	f = tree_list_at(to->list, number);
	f->mode = st.st_mode;
	f->uid = st.st_uid;
	f->gid = st.st_gid;
	f->size = copied.size;
	f->flags = tree_list_at(to->list, place->parent)->flags & TREE_BARE;
	memcpy(f->content, copied.content, sizeof(f->content));
	return 0;
}

int unpack_copy(struct unpack *u, const char *from, struct unpack *to, const char *path, struct err *err)
{
	struct unpack_place place = {.folder = -EBADF};
	_cleanup_close_ int fd = -EBADF;
	char clean[PATH_MAX];
	uint32_t number = TREE_NONE;
	int r;

	if ((fd = open_source(u, from, &number, err)) < 0)
		return err_prepend(err, "%s", from);
	if (beneath_clean(path, clean, err) < 0 || unpack_find_place(to, clean, &place, err) < 0)
		return err_prepend(err, "%s", path);
	r = copy_to(u, fd, tree_list_at(u->list, number), to, &place, err);
	close(place.folder);
	return r < 0 ? err_prepend(err, "copying %s to %s", from, path) : 0;
}
