/* SPDX-License-Identifier: Apache-2.0 */
/* Where an entry goes: the list knows each folder that there is, and openat2(2) sees to it that the disk agrees. */
#include <fcntl.h>
#include <string.h>

#include "agent/steps/tree/attr.h"
#include "agent/steps/tree/private.h"
#include "core/io.h"

uint32_t unpack_lookup(const struct tree_list *list, const char *clean)
{
	char name[NAME_MAX + 1];
	uint32_t at = TREE_ROOT;
	struct err none;

	while (*clean && at != TREE_NONE) {
		if (!(clean = beneath_part(clean, name, &none)))
			return TREE_NONE;
		at = tree_list_find(list, at, name);
	}
	return at;
}

static int record_folder(struct unpack *u, int fd, uint32_t number, uint32_t flags, struct err *err)
{
	struct tree_file *f = tree_list_at(u->list, number);
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "a folder");
	f->mode = st.st_mode;
	f->uid = st.st_uid;
	f->gid = st.st_gid;
	f->flags = flags;
	f->size = (uint64_t)st.st_mtim.tv_sec;
	f->nsec = (uint32_t)st.st_mtim.tv_nsec;
	return 0;
}

/* Neither the process's mask nor an ACL of the folder above has a say in it. */
static int make_plain(int fd, struct err *err)
{
	_cleanup_(attr_set_freep) struct attr_set *none = attr_set_new();
	_cleanup_free_ char *path = str_printf("/proc/self/fd/%d/.", fd);

	if (fchmod(fd, 0755) < 0)
		return err_sys(err, errno, "its mode");
	return attr_set_apply(none, path, true, err);
}

/* A folder that the archive has not named before what lies in it. */
static int add_missing(struct unpack *u, int folder, uint32_t parent, const char *name, uint32_t *ret,
		       struct err *err)
{
	uint32_t flags = tree_list_at(u->list, parent)->flags & TREE_BARE;
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (mkdirat(folder, name, 0755) < 0 && errno != EEXIST)
		return err_sys(err, errno, "making the folder %s", name);
	fd = beneath_open(folder, name, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return err_sys(err, errno, "the folder %s", name);
	if (!(flags & TREE_BARE) && make_plain(fd, err) < 0)
		return err_prepend(err, "the folder %s", name);
	if ((r = tree_list_add(u->list, parent, name, ret, err)) < 0)
		return r;
	return record_folder(u, fd, *ret, flags, err);
}

/* Steps down into one folder. */
static int step_down(struct unpack *u, struct unpack_place *at, const char *name, struct err *err)
{
	uint32_t child = tree_list_find(u->list, at->parent, name);
	int fd, r;

	if (child == TREE_NONE && (r = add_missing(u, at->folder, at->parent, name, &child, err)) < 0)
		return r;
	if (!S_ISDIR(tree_list_at(u->list, child)->mode))
		return err_set(err, EBADMSG, "%s above it is no folder", name);
	fd = beneath_open(at->folder, name, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return err_sys(err, errno, "the folder %s", name);
	close(at->folder);
	at->folder = fd;
	at->parent = child;
	return 0;
}

int unpack_find_place(struct unpack *u, const char *clean, struct unpack_place *ret, struct err *err)
{
	struct unpack_place at = {.parent = TREE_ROOT,
				  .folder = beneath_open(u->root, "", O_PATH | O_DIRECTORY, 0)};
	int r;

	if (at.folder < 0)
		return err_sys(err, errno, "the root folder");
	for (;;) {
		clean = beneath_part(clean, at.name, err);
		r = clean && *clean ? step_down(u, &at, at.name, err) : clean ? 0 : -err->code;
		if (r < 0) {
			close(at.folder);
			return r;
		}
		if (!*clean)
			break;
	}
	*ret = at;
	return 0;
}

int unpack_folder(struct unpack *u, const char *path, uint32_t flags, struct err *err)
{
	struct unpack_place place = {.folder = -EBADF};
	char clean[PATH_MAX];
	int r;

	if ((r = beneath_clean(path, clean, err)) < 0)
		return r;
	if (*clean) {
		r = unpack_find_place(u, clean, &place, err);
		if (!r)
			r = step_down(u, &place, place.name, err);
		close_fdp(&place.folder);
	}
	return r ? r : unpack_folder_again(u, path, flags, err);
}

int unpack_folder_again(struct unpack *u, const char *path, uint32_t flags, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	char clean[PATH_MAX];
	uint32_t number;
	int r;

	if ((r = beneath_clean(path, clean, err)) < 0)
		return r;
	number = unpack_lookup(u->list, clean);
	fd = beneath_open(u->root, clean, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0 || number == TREE_NONE)
		return err_sys(err, fd < 0 ? errno : ENOENT, "%s", path);
	return record_folder(u, fd, number, flags, err);
}
