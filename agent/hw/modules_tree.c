/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modules that are not the boot image's: files of a tree, found by name. What a module depends on stands in the module itself; an index of the tree would know
 * nothing of what the boot image has.
 */
#include <dirent.h>
#include <fcntl.h>
#include <libkmod.h>
#include <string.h>
#include <sys/utsname.h>

#include "agent/hw/modules.h"
#include "core/io.h"

#define FOLDERS_DEPTH_MAX 16
#define DEPENDS_DEPTH_MAX 16

DEFINE_CLEANUP(struct kmod_ctx *, kmod_unref);
DEFINE_CLEANUP(struct kmod_module *, kmod_module_unref);
DEFINE_CLEANUP(DIR *, closedir);

struct tree {
	char *folder;          /* of its modules */
	struct kmod_ctx *kmod; /* its options */
	struct modules_loaded *loaded;
};

/* ---- finding ---- */

/* Of "nvidia-drm.ko.xz" and "nvidia_drm": the kernel takes '-' and '_' for the same. */
static bool is_file_of(const char *file, const char *name)
{
	size_t i = 0;

	while (name[i] && (file[i] == name[i] || (file[i] == '-' && name[i] == '_') ||
			   (file[i] == '_' && name[i] == '-')))
		i++;
	return !name[i] && !strncmp(file + i, ".ko", 3) && (!file[i + 3] || file[i + 3] == '.');
}

/* Links are not followed. The path below `folder`, malloc'd; NULL without one. */
static char *find_file(int parent, const char *folder, const char *path, const char *name, unsigned depth)
{
	_cleanup_(closedirp) DIR *dir = NULL;
	int fd = openat(parent, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	char *found = NULL;
	struct dirent *entry;

	if (fd < 0 || depth > FOLDERS_DEPTH_MAX || !(dir = fdopendir(fd))) {
		close_fdp(&fd);
		return NULL;
	}
	while (!found && (entry = readdir(dir))) {
		_cleanup_free_ char *below = path_join(path, entry->d_name);

		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			found = find_file(dirfd(dir), entry->d_name, below, name, depth + 1);
		else if (entry->d_type == DT_REG && is_file_of(entry->d_name, name))
			found = TAKE_PTR(below);
	}
	return found;
}

/* ---- loading ---- */

/* What the kernel answers says little to whoever has made the overlay. kernel/module/signing.c, main.c; security/lockdown. */
static const char *words(int code)
{
	switch (code) {
	case EKEYREJECTED:
	case ENOKEY:
	case EBADMSG:
	case EPERM:
	case ENOPKG:
		return "it is not signed, or not by a key that the running kernel trusts: sign it with a key "
		       "whose certificate the kernel has built in or the machine's Secure Boot db holds";
	case ENOEXEC:
		return "it was built for another kernel than the boot image's, or is no module";
	case ENOENT:
		return "it needs symbols that neither the kernel nor a module that it depends on has";
	case EINVAL:
		return "it was built against other versions of what it needs, or an option of it is wrong";
	case ENODEV:
		return "it finds no device that it drives";
	default:
		return strerrordesc_np(code);
	}
}

static void remember(struct modules_loaded *loaded, const char *name)
{
	char **names = reallocarray(loaded->names, loaded->n + 1, sizeof(*names));

	if (!names)
		abort();
	names[loaded->n++] = xstrdup(name);
	loaded->names = names;
}

static int load(const struct tree *tree, const char *name, unsigned depth, struct err *err);

/* "depends" of its .modinfo: names with commas between them. */
static int load_depends(const struct tree *tree, struct kmod_module *module, unsigned depth, struct err *err)
{
	struct kmod_list *info = NULL, *at;
	int r = kmod_module_get_info(module, &info);

	if (r < 0)
		return err_set(err, ENOEXEC, "module %s: %s is no module", kmod_module_get_name(module),
			       kmod_module_get_path(module));
	r = 0;
	kmod_list_foreach(at, info)
	{
		_cleanup_free_ char *depends = NULL;
		char *rest = NULL;

		if (strcmp(kmod_module_info_get_key(at), "depends") != 0)
			continue;
		depends = xstrdup(kmod_module_info_get_value(at));
		for (char *one = strtok_r(depends, ",", &rest); r == 0 && one;
		     one = strtok_r(NULL, ",", &rest))
			r = load(tree, one, depth + 1, err);
	}
	kmod_module_info_free_list(info);
	return r;
}

static int insert(const struct tree *tree, struct kmod_module *module, struct err *err)
{
	const char *name = kmod_module_get_name(module);
	int r = kmod_module_insert_module(module, 0, kmod_module_get_options(module));

	if (r < 0 && r != -EEXIST)
		return err_set(err, -r, "module %s: %s", name, words(-r));
	if (r == 0)
		remember(tree->loaded, name);
	return 0;
}

static bool is_in_kernel(struct kmod_module *module)
{
	int state = kmod_module_get_initstate(module);

	return state == KMOD_MODULE_LIVE || state == KMOD_MODULE_COMING || state == KMOD_MODULE_BUILTIN;
}

static int load_file(const struct tree *tree, const char *path, unsigned depth, struct err *err)
{
	_cleanup_(kmod_module_unrefp) struct kmod_module *module = NULL;
	int r = kmod_module_new_from_path(tree->kmod, path, &module);

	if (r < 0)
		return err_sys(err, -r, "module %s", path);
	if (is_in_kernel(module)) {
		if (depth > 0)
			return 0;
		return err_set(
			err, EEXIST,
			"module %s: the kernel has one of that name already, which is not this one: leave "
			"it out of the boot image, or out of the overlay",
			kmod_module_get_name(module));
	}
	r = load_depends(tree, module, depth, err);
	return r < 0 ? r : insert(tree, module, err);
}

static int load(const struct tree *tree, const char *name, unsigned depth, struct err *err)
{
	_cleanup_free_ char *path = find_file(AT_FDCWD, tree->folder, tree->folder, name, 0);

	if (depth > DEPENDS_DEPTH_MAX)
		return err_set(err, ELOOP, "module %s: a chain of more than %d modules", name,
			       DEPENDS_DEPTH_MAX);
	if (path)
		return load_file(tree, path, depth, err);
	return module_load(name, err) < 0
		       ? err_prepend(err, "module %s is not in the overlay's %s", name, tree->folder)
		       : 0;
}

int modules_load_from(const char *root, char *const *names, unsigned n, struct modules_loaded *loaded,
		      struct err *err)
{
	_cleanup_free_ char *folder = NULL, *etc = path_join(root, "etc/modprobe.d"),
			    *lib = path_join(root, "lib/modprobe.d");
	const char *const options[] = {etc, lib, NULL};
	_cleanup_(kmod_unrefp) struct kmod_ctx *kmod = NULL;
	struct utsname kernel;
	int r = 0;

	if (uname(&kernel) < 0)
		return err_sys(err, errno, "modules: kernel release");
	folder = str_printf("%s/lib/modules/%s", root, kernel.release);
	kmod = kmod_new(folder, options);
	if (!kmod)
		return err_set(err, ENOMEM, "modules: libkmod does not start");
	const struct tree tree = {.folder = folder, .kmod = kmod, .loaded = loaded};
	for (unsigned i = 0; r == 0 && i < n; i++)
		r = load(&tree, names[i], 0, err);
	return r;
}
