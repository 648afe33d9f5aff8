/* SPDX-License-Identifier: Apache-2.0 */
/* The root file system that is packed, judged by its layout: what could not be unpacked or booted is refused here. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "core/io.h"
#include "images/layout_check.h"
#include "images/pack_source.h"

#define FAT_FILE_MAX 0xffffffffull /* bytes */

/* ---- what boots ------------------------------------------------------------------------------------ */

static int check_copies(const struct pack_options *o, const struct rootfs *fs, struct err *err)
{
	for (unsigned i = 0; i < o->layout->n_copies; i++) {
		const char *from = o->layout->copies[i].from;
		const struct rootfs_entry *e = rootfs_find(fs, from);

		if (!e || !S_ISREG(e->mode))
			return err_set(err, EINVAL, "%s: the layout copies it to %s, and it is %s", from,
				       o->layout->copies[i].to, e ? "no regular file" : "not there");
	}
	return 0;
}

static bool is_copied(const struct layout *layout, const char *loader)
{
	for (unsigned i = 0; i < layout->n_copies; i++)
		if (!strcasecmp(layout->copies[i].to, loader))
			return true;
	return false;
}

/* FAT does not tell upper from lower case. */
static bool is_there(const struct rootfs *fs, const char *path)
{
	for (uint32_t i = 0; i < fs->n; i++)
		if (S_ISREG(fs->entries[i].mode) && !strcasecmp(fs->entries[i].path, path + 1))
			return true;
	return false;
}

static int check_loader(const struct pack_options *o, const struct rootfs *fs, struct err *err)
{
	const struct layout_partition *esp = layout_esp(o->layout);
	_cleanup_free_ char *path = NULL;

	if (is_copied(o->layout, pack_loader(o)))
		return 0;
	if (!esp->mount)
		return err_set(err, EINVAL,
			       "the loader %s is no copy's \"to\", and the EFI system partition has no mount",
			       pack_loader(o));
	path = str_printf("%s%s", esp->mount, pack_loader(o));
	for (char *p = path; *p; p++)
		if (*p == '\\')
			*p = '/';
	return is_there(fs, path) ? 0
				  : err_set(err, EINVAL, "the loader %s is neither at %s nor a copy's \"to\"",
					    pack_loader(o), path);
}

/* ---- where files go -------------------------------------------------------------------------------- */

/* The mount point and what it lies in: folders, or not there, when unpacking makes them. */
static int check_mount(const struct rootfs *fs, const char *mount, struct err *err)
{
	_cleanup_free_ char *path = xstrdup(mount);

	for (char *end = path + strlen(path); end && end > path; end = strrchr(path, '/')) {
		const struct rootfs_entry *e;

		*end = 0;
		e = rootfs_find(fs, path);
		if (e && !S_ISDIR(e->mode))
			return err_set(err, EINVAL, "%s: is no folder, and the layout mounts %s", path,
				       mount);
	}
	return 0;
}

static int check_mounts(const struct layout *layout, const struct rootfs *fs, struct err *err)
{
	int r;

	for (unsigned i = 0; i < layout->n_partitions; i++)
		if (layout->partitions[i].mount &&
		    (r = check_mount(fs, layout->partitions[i].mount, err)) < 0)
			return r;
	return 0;
}

static int check_fat(const struct rootfs_entry *e, struct err *err)
{
	if (!S_ISREG(e->mode) && !S_ISDIR(e->mode))
		return err_set(err, EINVAL, "/%s: neither a file nor a folder, and vfat carries nothing else",
			       e->path);
	if (e->size > FAT_FILE_MAX)
		return err_set(err, EINVAL, "/%s: %" PRIu64 " bytes, and a file on vfat has less than 4 GiB",
			       e->path, e->size);
	if (strpbrk(e->path, "\"*:<>?\\|"))
		return err_set(err, EINVAL, "/%s: a name that vfat cannot carry", e->path);
	return 0;
}

static int check_place(const struct layout *layout, const struct rootfs *fs, const struct rootfs_entry *e,
		       struct err *err)
{
	_cleanup_free_ char *path = str_printf("/%s", e->path);
	_cleanup_free_ char *first = str_printf("/%s", fs->entries[e->first].path);
	const struct layout_partition *p = layout_find(layout, path);

	if (p != layout_find(layout, first))
		return err_set(err, EINVAL,
			       "%s: a hard link to %s, and the layout has them on two file systems", path,
			       first);
	return p->fs == LAYOUT_VFAT ? check_fat(e, err) : 0;
}

static int check(const struct pack_options *o, const struct rootfs *fs, struct err *err)
{
	int r;

	if ((r = check_copies(o, fs, err)) < 0 || (r = check_loader(o, fs, err)) < 0 ||
	    (r = check_mounts(o->layout, fs, err)) < 0)
		return r;
	for (uint32_t i = 0; i < fs->n; i++)
		if ((r = check_place(o->layout, fs, &fs->entries[i], err)) < 0)
			return r;
	return 0;
}

/* ---- opening --------------------------------------------------------------------------------------- */

static int read_tar(const struct pack_options *o, const struct outdir *out, const struct rootfs_notes *notes,
		    struct rootfs **ret, struct err *err)
{
	_cleanup_close_ int fd = openat(outdir_fd(out), OUTDIR_SCRATCH,
					O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 || unlinkat(outdir_fd(out), OUTDIR_SCRATCH, 0) < 0)
		return err_sys(err, errno, "%s/" OUTDIR_SCRATCH, outdir_path(out));
	if (notes->note)
		notes->note(notes->data, "reading the archive");
	return rootfs_from_tar(o->tar, TAKE_FD(fd), notes, ret, err);
}

int pack_root_open(const struct pack_options *o, const struct outdir *out, struct pack_source *source,
		   struct err *err)
{
	const struct rootfs_notes notes = {.note = o->note, .cancelled = o->cancelled, .data = o->data};
	int r = o->tree ? rootfs_from_tree(o->tree, &notes, &source->fs, err)
			: read_tar(o, out, &notes, &source->fs, err);

	if (r < 0)
		return r;
	if (check(o, source->fs, err) < 0)
		return err_prepend(err, "%s", o->tree ? o->tree : o->tar);
	source->size = tarball_estimate(source->fs);
	return tarball_new(source->fs, o->clamp ? o->epoch : -1, &source->tarball, err);
}
