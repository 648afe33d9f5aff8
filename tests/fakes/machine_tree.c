/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fakes/machine_tree.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "core/hash.h"
#include "core/io.h"

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "machine tree: %s: %s\n", what, strerror(errno));
	abort();
}

char *machine_tree_new(void)
{
	char *root = xstrdup("/tmp/remint-machine-XXXXXX");

	must(mkdtemp(root), root);
	return root;
}

static void write_bytes(const char *path, const void *buf, size_t len)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	must(fd >= 0 && write(fd, buf, len) == (ssize_t)len, path);
}

static void write_hex(const char *path, const char *hex)
{
	size_t len = strlen(hex) / 2;
	_cleanup_free_ char *bytes = xcalloc(1, len + 1);

	must(strlen(hex) % 2 == 0 && !hex_decode(hex, bytes, len), hex);
	write_bytes(path, bytes, len);
}

static void add_line(const char *root, char *line)
{
	char *space = strchr(line, ' '), *value = space ? strchr(space + 1, ' ') : NULL;
	_cleanup_free_ char *path = NULL, *folder = NULL, *text = NULL;
	struct err err;

	must(*line == '/' && value, line);
	*space = *value++ = '\0';
	path = path_join(root, line + 1);
	folder = xstrdup(path);
	*strrchr(folder, '/') = '\0';
	must(!make_dirs(folder, 0755, &err), folder);
	if (!strcmp(space + 1, "->")) {
		must(!symlink(value, path), path);
	} else if (!strcmp(space + 1, "=")) {
		text = str_printf("%s\n", value);
		write_bytes(path, text, strlen(text));
	} else {
		must(!strcmp(space + 1, ":"), line);
		write_hex(path, value);
	}
}

void machine_tree_add(const char *root, const char *text)
{
	_cleanup_free_ char *copy = xstrdup(text);
	char *save = NULL;

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (*line != '#')
			add_line(root, line);
}

void machine_tree_add_file(const char *root, const char *path)
{
	_cleanup_free_ char *text = NULL;
	struct err err;

	must(!file_read(path, 1024 * 1024, &text, NULL, &err), path);
	machine_tree_add(root, text);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void machine_tree_free(char *root)
{
	must(!nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS), root);
	free(root);
}
