/* SPDX-License-Identifier: Apache-2.0 */
#include "images/boot/recipe.h"

#include <fts.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"

/* The next word of *line, ended by a NUL; "" at its end. */
static char *word(char **line)
{
	char *begin = *line + strspn(*line, " \t");
	size_t len = strcspn(begin, " \t");

	*line = begin + len;
	if (**line)
		*(*line)++ = '\0';
	return begin;
}

static int number(const char *text, int base, unsigned long max, unsigned long *ret, struct err *err)
{
	char *end;

	errno = 0;
	*ret = strtoul(text, &end, base);
	if (text[0] < '0' || text[0] > '9' || *end || errno || *ret > max)
		return err_set(err, EINVAL, "\"%s\" is not a number from 0 to %lu%s", text, max,
			       base == 8 ? ", octal" : "");
	return 0;
}

static int add_dir(struct tree *tree, const char *path, char *rest, struct err *err)
{
	unsigned long mode = 0;
	int r = number(word(&rest), 8, 07777, &mode, err);

	return r < 0 ? r : tree_add(tree, path, S_IFDIR | (mode_t)mode, NULL, 0, err);
}

static int add_node(struct tree *tree, const char *path, char *rest, struct err *err)
{
	unsigned long mode, major = 0, minor = 0;
	const char *type;
	int r = number(word(&rest), 8, 0777, &mode, err);

	if (r < 0)
		return r;
	type = word(&rest);
	if (strcmp(type, "c") != 0 && strcmp(type, "b") != 0)
		return err_set(err, EINVAL, "a node is \"c\" or \"b\", not \"%s\"", type);
	r = number(word(&rest), 10, 4095, &major, err);
	if (r == 0)
		r = number(word(&rest), 10, 65535, &minor, err);
	if (r < 0)
		return r;
	return tree_add_node(tree, path, (type[0] == 'c' ? S_IFCHR : S_IFBLK) | (mode_t)mode, (unsigned)major,
			     (unsigned)minor, err);
}

static int add_link(struct tree *tree, const char *path, char *rest, struct err *err)
{
	const char *target = word(&rest);

	if (!*target)
		return err_set(err, EINVAL, "a link needs a target");
	return tree_add(tree, path, S_IFLNK | 0777, xstrdup(target), strlen(target), err);
}

static int add_text(struct tree *tree, const char *path, char *rest, struct err *err)
{
	unsigned long mode = 0;
	char *text;
	int r = number(word(&rest), 8, 07777, &mode, err);

	if (r < 0)
		return r;
	text = str_printf("%s\n", rest);
	return tree_add(tree, path, S_IFREG | (mode_t)mode, text, strlen(text), err);
}

static int add_file(struct tree *tree, const char *path, char *rest, struct err *err)
{
	unsigned long mode = 0;
	int r = number(word(&rest), 8, 07777, &mode, err);

	return r < 0 ? r : tree_add_file(tree, path, (mode_t)mode, word(&rest), err);
}

static int add_program(struct tree *tree, const char *path, char *rest, struct err *err)
{
	return program_add(tree, path, word(&rest), err);
}

static int add_found(struct tree *tree, const char *path, const FTSENT *found, size_t prefix, struct err *err)
{
	const char *below = found->fts_path + prefix;
	_cleanup_free_ char *name = str_printf("%s%s%s", path, *below && *below != '/' ? "/" : "", below);

	switch (found->fts_info) {
	case FTS_DP:
		return 0;
	case FTS_D:
		return tree_add(tree, name, S_IFDIR | 0755, NULL, 0, err);
	case FTS_F:
		return tree_add_file(tree, name, 0644, found->fts_path, err);
	default:
		return err_set(err, EINVAL, "%s is neither file nor folder, or cannot be read",
			       found->fts_path);
	}
}

static void fts_closep(FTS **fts)
{
	if (*fts)
		fts_close(*fts);
}

static int add_tree(struct tree *tree, const char *path, char *rest, struct err *err)
{
	char *source = word(&rest);
	char *const roots[] = {source, NULL};
	_cleanup_(fts_closep) FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	size_t prefix = strlen(source);
	FTSENT *found;

	if (!fts)
		return err_sys(err, errno, "%s", source);
	while ((errno = 0, found = fts_read(fts))) {
		int r = add_found(tree, path, found, prefix, err);

		if (r < 0)
			return r;
	}
	return errno ? err_sys(err, errno, "%s", source) : 0;
}

static const struct {
	const char *verb;
	int (*add)(struct tree *tree, const char *path, char *rest, struct err *err);
} verbs[] = {
	{"dir", add_dir},   {"node", add_node}, {"link", add_link},       {"text", add_text},
	{"file", add_file}, {"tree", add_tree}, {"program", add_program},
};

static int run_line(struct tree *tree, char *line, struct err *err)
{
	const char *verb = word(&line), *path;

	if (!*verb || *verb == '#')
		return 0;
	path = word(&line);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(verbs[i].verb, verb))
			return verbs[i].add(tree, path, line, err);
	return err_set(err, EINVAL, "there is no verb \"%s\"", verb);
}

int recipe_run(const char *path, struct tree *tree, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	unsigned n = 0;
	int r = file_read(path, RECIPE_MAX, &text, NULL, err);

	if (r < 0)
		return r;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		n++;
		r = run_line(tree, line, err);
		if (r < 0)
			return err_prepend(err, "%s line %u", path, n);
	}
	return tree_finish(tree, err);
}
