/* SPDX-License-Identifier: Apache-2.0 */
/* The folder that becomes an overlay, judged as the agent will judge it: what could not be unpacked or started is refused here. */
#include <inttypes.h>
#include <string.h>

#include "core/io.h"
#include "images/pack_source.h"

/* ---- what lies in it ---- */

static int check_link(const struct rootfs *fs, const struct rootfs_entry *e, struct err *err)
{
	char target[OVERLAY_BLOCK];
	ssize_t len = readlinkat(fs->fd, e->path, target, sizeof(target) - 1);

	if (len < 0)
		return err_sys(err, errno, "/%s", e->path);
	target[len] = '\0';
	if (!overlay_link_valid(e->path, target))
		return err_set(
			err, EINVAL,
			"/%s: a symbolic link to %s: it must be relative, with \"..\" at its beginning "
			"alone, and stay in the folder",
			e->path, target);
	return 0;
}

static int check_entry(const struct rootfs *fs, const struct rootfs_entry *e, struct err *err)
{
	if (!S_ISREG(e->mode) && !S_ISDIR(e->mode) && !S_ISLNK(e->mode))
		return err_set(err, EINVAL, "/%s: neither a file nor a folder nor a symbolic link: remove it",
			       e->path);
	if (!overlay_place_valid(e->path, S_ISDIR(e->mode)))
		return err_set(err, EINVAL,
			       "/%s: dev, proc, run, sys, tmp and var are for what services see there: they "
			       "are empty "
			       "folders, or not there",
			       e->path);
	if (e->mode & (S_ISUID | S_ISGID) && !S_ISLNK(e->mode))
		return err_set(err, EINVAL, "/%s: its mode %o sets the user or group: chmod ug-s", e->path,
			       e->mode & 07777u);
	return S_ISLNK(e->mode) ? check_link(fs, e, err) : 0;
}

/* Fills in what it takes. */
static int count(const struct rootfs *fs, struct overlay *overlay, struct err *err)
{
	int r;

	for (uint32_t i = 0; i < fs->n; i++) {
		const struct rootfs_entry *e = &fs->entries[i];

		if ((r = check_entry(fs, e, err)) < 0)
			return r;
		if (S_ISLNK(e->mode))
			overlay->size += OVERLAY_BLOCK;
		else if (S_ISREG(e->mode) && e->first == i)
			overlay->size += overlay_takes(e->size);
		if (overlay->size > OVERLAY_SIZE_MAX)
			return err_set(err, EFBIG, "more than %llu bytes, which is the most of an overlay",
				       OVERLAY_SIZE_MAX);
	}
	overlay->files = fs->n;
	if (fs->n > OVERLAY_FILES_MAX)
		return err_set(err, EFBIG, "%" PRIu32 " files and folders, and an overlay has at most %d",
			       fs->n, OVERLAY_FILES_MAX);
	return 0;
}

/* ---- what is declared of it ---- */

/* "nvidia-uvm.ko.xz" is the file of nvidia_uvm: what the kernel calls a module has no dashes. */
static bool is_file_of(const char *file, const char *module)
{
	size_t i = 0;

	for (; module[i]; i++)
		if ((file[i] == '-' ? '_' : file[i]) != (module[i] == '-' ? '_' : module[i]))
			return false;
	return !strcmp(file + i, ".ko") || !strcmp(file + i, ".ko.xz") || !strcmp(file + i, ".ko.zst");
}

static bool has_module(const struct rootfs *fs, const char *folder, const char *module)
{
	size_t len = strlen(folder);

	for (uint32_t i = 0; i < fs->n; i++) {
		const struct rootfs_entry *e = &fs->entries[i];

		if (S_ISREG(e->mode) && !strncmp(e->path, folder, len) &&
		    is_file_of(strrchr(e->path, '/') + 1, module))
			return true;
	}
	return false;
}

static int check_modules(const struct rootfs *fs, const struct overlay *overlay, struct err *err)
{
	_cleanup_free_ char *folder = str_printf("lib/modules/%s/", overlay->kernel ?: "");

	for (unsigned i = 0; i < overlay->n_modules; i++)
		if (!has_module(fs, folder, overlay->modules[i]))
			return err_set(err, EINVAL,
				       "module %s: there is no %s.ko, .ko.xz or .ko.zst below /%s",
				       overlay->modules[i], overlay->modules[i], folder);
	return 0;
}

static int check_programs(const struct rootfs *fs, const struct overlay *overlay, struct err *err)
{
	for (unsigned i = 0; i < overlay->n_services; i++) {
		const struct overlay_service *s = &overlay->services[i];
		const struct rootfs_entry *e = rootfs_find(fs, s->arguments[0]);

		if (!e || !S_ISREG(e->mode))
			return err_set(err, EINVAL, "service %s: %s is %s", s->name, s->arguments[0],
				       e ? "no regular file: name the program itself" : "not in the folder");
		if (!(e->mode & 0111))
			return err_set(err, EINVAL, "service %s: %s is not executable", s->name,
				       s->arguments[0]);
	}
	return 0;
}

int pack_overlay_open(const struct pack_options *o, struct pack_source *source, struct err *err)
{
	const struct rootfs_notes notes = {.refuse = true};
	int r = rootfs_from_tree(o->tree, &notes, &source->fs, err);

	if (r < 0)
		return r;
	source->overlay = overlay_copy(o->overlay);
	source->overlay->size = 0;
	if (count(source->fs, source->overlay, err) < 0 ||
	    check_modules(source->fs, source->overlay, err) < 0 ||
	    check_programs(source->fs, source->overlay, err) < 0)
		return err_prepend(err, "%s", o->tree);
	source->fs->plain = true;
	source->size = tarball_estimate(source->fs);
	return tarball_new(source->fs, o->clamp ? o->epoch : 0, &source->tarball, err);
}
