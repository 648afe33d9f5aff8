/* SPDX-License-Identifier: Apache-2.0 */
#include "images/iso_tree.h"

#include <stdbool.h>
#include <string.h>

#include "images/iso_spec.h"

/* What a path has behind a folder's, or NULL when it does not lie in it. */
static const char *within(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	if (!len)
		return path;
	return !strncmp(path, folder, len) && path[len] == '/' ? path + len + 1 : NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct iso_child *)a)->name, ((const struct iso_child *)b)->name);
}

static int folder_index(const struct iso_tree *tree, const char *path)
{
	for (unsigned i = 0; i < tree->n_folders; i++)
		if (!strcmp(tree->folders[i].path, path))
			return (int)i;
	return -1;
}

/* The name at `name`, of file i or of a folder on the way to it; a folder that is not known yet has index -1. */
static struct iso_child make_child(const struct iso_tree *tree, unsigned i, const char *name)
{
	const char *path = tree->files[i].path;
	size_t len = strcspn(name, "/");
	struct iso_child child = {.file = name[len] ? -1 : (int)i, .folder = -1};
	char folder[ISO_PATH_MAX] = "";

	memcpy(child.name, name, len);
	memcpy(folder, path, (size_t)(name - path) + len);
	if (name[len])
		child.folder = folder_index(tree, folder);
	return child;
}

/* Files and folders of folder `at`, sorted. */
unsigned iso_tree_children(const struct iso_tree *tree, unsigned at, struct iso_child ret[ISO_FILES_MAX])
{
	unsigned n = 0;

	for (unsigned i = 0; i < tree->n_files; i++) {
		const char *name = within(tree->files[i].path, tree->folders[at].path);
		bool known = false;

		if (!name)
			continue;
		ret[n] = make_child(tree, i, name);
		for (unsigned k = 0; k < n; k++)
			known |= !strcmp(ret[k].name, ret[n].name);
		n += !known;
	}
	qsort(ret, n, sizeof(*ret), by_name);
	return n;
}

/* Its path is a part of a file's, which has been checked for its length. */
static int add_folder(struct iso_tree *tree, unsigned parent, const char *name, struct err *err)
{
	struct iso_folder *made = &tree->folders[tree->n_folders];
	char *to;

	if (tree->n_folders == ISO_FOLDERS_MAX)
		return err_set(err, EINVAL, "ISO 9660 volume: more than %d folders", ISO_FOLDERS_MAX);
	to = stpcpy(made->path, tree->folders[parent].path);
	if (to != made->path)
		*to++ = '/';
	strcpy(to, name);
	made->parent = parent;
	tree->n_folders++;
	return 0;
}

/* Breadth first and by name: the order that path tables have (6.9.1). */
static int find_folders(struct iso_tree *tree, struct err *err)
{
	struct iso_child list[ISO_FILES_MAX] = {0};
	int r = 0;

	tree->n_folders = 1;
	for (unsigned i = 0; r == 0 && i < tree->n_folders; i++) {
		unsigned n = iso_tree_children(tree, i, list);

		for (unsigned k = 0; r == 0 && k < n; k++)
			if (list[k].file < 0)
				r = add_folder(tree, i, list[k].name, err);
	}
	return r;
}

/* One name of a path: a file has one dot, a folder none. */
static bool name_is_valid(const char *name, size_t len, bool file)
{
	size_t base = strspn(name, ISO_D_CHARACTERS);

	if (!file)
		return len >= 1 && len <= ISO_NAME_MAX && base == len;
	return base >= 1 && len <= ISO_NAME_MAX && name[base] == '.' &&
	       base + 1 + strspn(name + base + 1, ISO_D_CHARACTERS) == len;
}

static int check_path(const char *path, struct err *err)
{
	const char *name = path;
	size_t len = strcspn(name, "/");
	bool good = strlen(path) < ISO_PATH_MAX;

	for (; good && name[len]; name += len + 1, len = strcspn(name, "/"))
		good = name_is_valid(name, len, false);
	if (!good || !name_is_valid(name, len, true))
		return err_set(err, EINVAL, "ISO 9660 volume: no place for the name \"%s\"", path);
	return 0;
}

static int check_names(const struct iso_tree *tree, struct err *err)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < tree->n_files; i++) {
		r = check_path(tree->files[i].path, err);
		for (unsigned k = 0; r == 0 && k < i; k++)
			if (!strcmp(tree->files[k].path, tree->files[i].path))
				r = err_set(err, EINVAL, "ISO 9660 volume: two files are \"%s\"",
					    tree->files[i].path);
	}
	return r;
}

int iso_tree_make(const struct iso_file *files, unsigned n, struct iso_tree *ret, struct err *err)
{
	int r;

	if (n > ISO_FILES_MAX)
		return err_set(err, EINVAL, "ISO 9660 volume: more than %d files", ISO_FILES_MAX);
	*ret = (struct iso_tree){.files = files, .n_files = n};
	r = check_names(ret, err);
	return r < 0 ? r : find_folders(ret, err);
}
