/* SPDX-License-Identifier: Apache-2.0 */
/* A program with all that its loader will look for. The image has no ld.so.cache, so a library must lie in one of the folders
 * that the loader searches without (ld.so(8)); it keeps the folder in which it was found. */
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "images/boot/elf.h"
#include "images/boot/recipe.h"

static const char *const folders[] = {
	"/lib/x86_64-linux-gnu",
	"/usr/lib/x86_64-linux-gnu",
	"/lib",
	"/usr/lib",
};

static int add_elf(struct tree *tree, const char *path, const char *source, const char *interpreter,
		   struct err *err);

static int add_library(struct tree *tree, const char *name, const char *interpreter, struct err *err)
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		_cleanup_free_ char *path = path_join(folders[i], name);

		if (tree_find(tree, path))
			return 0;
		if (access(path, F_OK) == 0)
			return add_elf(tree, path, path, interpreter, err);
	}
	return err_set(err, ENOENT, "library %s is in none of the loader's own folders", name);
}

/* The loader itself is a library to those that need it by name: it is there already. */
static int add_needed(struct tree *tree, const struct elf_needs *needs, const char *interpreter,
		      struct err *err)
{
	const char *loader = interpreter ? strrchr(interpreter, '/') : NULL;

	for (unsigned i = 0; i < needs->n_needed; i++) {
		int r;

		if (loader && !strcmp(needs->needed[i], loader + 1))
			continue;
		r = add_library(tree, needs->needed[i], interpreter, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_elf(struct tree *tree, const char *path, const char *source, const char *interpreter,
		   struct err *err)
{
	struct elf_needs needs;
	const char *data;
	size_t len;
	int r = tree_add_file(tree, path, 0755, source, err);

	if (r < 0)
		return r;
	data = tree->files[tree->n - 1].data;
	len = tree->files[tree->n - 1].len;
	r = elf_needs(data, len, &needs, err);
	if (r < 0)
		return err_prepend(err, "%s", source);
	if (!interpreter && needs.interpreter) {
		interpreter = needs.interpreter;
		if (!tree_find(tree, interpreter))
			r = tree_add_file(tree, interpreter, 0755, interpreter, err);
	}
	if (r == 0)
		r = add_needed(tree, &needs, interpreter, err);
	return r < 0 ? err_prepend(err, "%s", source) : 0;
}

int program_add(struct tree *tree, const char *path, const char *source, struct err *err)
{
	return add_elf(tree, path, source, NULL, err);
}
