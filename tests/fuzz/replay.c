/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays inputs through a fuzzer's function as an ordinary test: each file and each file of each folder that is
 * named. Every input is also cut at some places, because a truncated document is the commonest foreign input.
 * Exits 1 when there was nothing to replay; a finding ends the process by a sanitizer.
 */
#include <dirent.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"

#define INPUT_MAX (16 * 1024 * 1024)
#define CUTS      64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of exactly that length, so that the address sanitizer sees one byte read too many. */
static void feed(const char *buf, size_t len)
{
	_cleanup_free_ uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	memcpy(copy, buf, len);
	(void)LLVMFuzzerTestOneInput(copy, len);
}

static unsigned replay_file(const char *path)
{
	_cleanup_free_ char *buf = NULL;
	struct err err = {0};
	size_t len;

	if (file_read(path, INPUT_MAX, &buf, &len, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(EXIT_FAILURE);
	}
	feed(buf, len);
	for (size_t i = 0; i < CUTS; i++)
		feed(buf, len * i / CUTS);
	return 1;
}

static unsigned replay(const char *path)
{
	struct dirent **names = NULL;
	unsigned n = 0;
	int count;

	struct stat st;
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return replay_file(path);
	count = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		_cleanup_free_ char *inner = path_join(path, names[i]->d_name);

		if (names[i]->d_name[0] != '.')
			n += replay(inner);
		free(names[i]);
	}
	free(names);
	return n;
}

int main(int argc, char **argv)
{
	unsigned n = 0;

	for (int i = 1; i < argc; i++)
		n += replay(argv[i]);
	printf("%u inputs replayed, each whole and cut %d times\n", n, CUTS);
	return n ? EXIT_SUCCESS : EXIT_FAILURE;
}
