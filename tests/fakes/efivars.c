/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fakes/efivars.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/io.h"

#define PATH         "EFIVARFS_PATH"
#define VARIABLE_MAX 4096 /* bytes */

static int run_in_folder(char **argv)
{
	char folder[] = "/tmp/efivars.XXXXXX", path[sizeof(folder) + 1];

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/", folder);
	setenv(PATH, path, 1);
	setenv("LIBEFIVAR_OPS", "efivarfs", 1);
	execv("/proc/self/exe", argv);
	return 1;
}

int efivars_run(char **argv, int (*tests)(void))
{
	int failed;

	if (!getenv(PATH))
		return run_in_folder(argv);
	failed = tests();
	rmdir(getenv(PATH));
	return failed;
}

static void copy(const char *source, const char *target)
{
	_cleanup_free_ char *data = NULL;
	struct err err = {0};
	size_t len;

	if (file_read(source, VARIABLE_MAX, &data, &len, &err) < 0 ||
	    file_write_atomic(target, data, len, 0644, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
}

void efivars_fill(const char *from)
{
	const char *to = getenv(PATH);
	DIR *dir = opendir(from ? from : to);
	struct dirent *found;

	if (!dir)
		abort();
	while ((found = readdir(dir))) {
		_cleanup_free_ char *source = path_join(from ? from : to, found->d_name),
				    *target = path_join(to, found->d_name);

		if (found->d_name[0] == '.')
			continue;
		if (from)
			copy(source, target);
		else if (unlink(source) < 0)
			abort();
	}
	closedir(dir);
}
