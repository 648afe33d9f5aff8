/* SPDX-License-Identifier: Apache-2.0 */
#include "images/boot/tree.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"

/* The cpio header has room for 8 hexadecimal digits, the kernel for PATH_MAX. */
static bool path_is_normal(const char *path)
{
	if (path[0] != '/' || !path[1] || strlen(path) > 1024)
		return false;
	for (const char *part = path; *part; part += strcspn(part, "/")) {
		size_t len = strcspn(++part, "/");

		if (!len || (len == 1 && part[0] == '.') || (len == 2 && !strncmp(part, "..", 2)))
			return false;
	}
	return true;
}

static int append(struct tree *tree, struct tree_file file)
{
	struct tree_file *grown = reallocarray(tree->files, tree->n + 1, sizeof(*grown));

	if (!grown)
		abort();
	tree->files = grown;
	tree->files[tree->n++] = file;
	return 0;
}

int tree_add(struct tree *tree, const char *path, mode_t mode, char *data, size_t len, struct err *err)
{
	_cleanup_free_ char *owned = data;

	if (!path_is_normal(path))
		return err_set(err, EINVAL, "\"%s\" is not an absolute path in normal form", path);
	return append(
		tree,
		(struct tree_file){.path = xstrdup(path), .mode = mode, .data = TAKE_PTR(owned), .len = len});
}

int tree_add_node(struct tree *tree, const char *path, mode_t mode, unsigned major, unsigned minor,
		  struct err *err)
{
	if (!path_is_normal(path))
		return err_set(err, EINVAL, "\"%s\" is not an absolute path in normal form", path);
	return append(tree, (struct tree_file){
				    .path = xstrdup(path), .mode = mode, .major = major, .minor = minor});
}

int tree_add_file(struct tree *tree, const char *path, mode_t mode, const char *source, struct err *err)
{
	char *data;
	size_t len;
	int r = file_read(source, TREE_FILE_MAX, &data, &len, err);

	return r < 0 ? r : tree_add(tree, path, S_IFREG | mode, data, len, err);
}

const struct tree_file *tree_find(const struct tree *tree, const char *path)
{
	for (size_t i = 0; i < tree->n; i++)
		if (!strcmp(tree->files[i].path, path))
			return &tree->files[i];
	return NULL;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct tree_file *)a)->path, ((const struct tree_file *)b)->path);
}

/* The files that stand there by now; the folders that are added follow them and are looked at in turn. */
static int add_parents(struct tree *tree, struct err *err)
{
	for (size_t i = 0; i < tree->n; i++) {
		_cleanup_free_ char *parent = xstrdup(tree->files[i].path);
		const struct tree_file *there;

		*strrchr(parent, '/') = '\0';
		if (!parent[0])
			continue;
		there = tree_find(tree, parent);
		if (there && !S_ISDIR(there->mode))
			return err_set(err, ENOTDIR, "%s lies in %s, which is no folder", tree->files[i].path,
				       parent);
		if (!there)
			append(tree, (struct tree_file){.path = TAKE_PTR(parent), .mode = S_IFDIR | 0755});
	}
	return 0;
}

int tree_finish(struct tree *tree, struct err *err)
{
	int r = add_parents(tree, err);

	if (r < 0 || !tree->n)
		return r;
	qsort(tree->files, tree->n, sizeof(*tree->files), by_path);
	for (size_t i = 1; i < tree->n; i++)
		if (!strcmp(tree->files[i - 1].path, tree->files[i].path))
			return err_set(err, EEXIST, "%s stands in the image twice", tree->files[i].path);
	return 0;
}

void tree_clear(struct tree *tree)
{
	for (size_t i = 0; i < tree->n; i++) {
		free(tree->files[i].path);
		free(tree->files[i].data);
	}
	free(tree->files);
	*tree = (struct tree){0};
}
