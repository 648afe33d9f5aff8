/* rooms: agent/overlay agent/hw images core */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An overlay's archive into a scratch folder, the only thing in its own: whatever it was, there are files, folders and links alone, within what was
 * declared, no link leads out, and nothing appears beside it, or rmdir() at the end would fail.
 */
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/overlay/unpack.h"

#define SIZE_DECLARED  (256u << 10)
#define FILES_DECLARED 12
#define MOUNT_POINTS   6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t len;
	unsigned asked;
};

static char inner[64];
static unsigned found;
static uint64_t bytes;

static ssize_t next_bytes(void *data, const void **ret)
{
	struct input *in = data;
	size_t n = in->len;

	*ret = in->data;
	in->len = 0;
	return (ssize_t)n;
}

static bool is_enough(void *data)
{
	struct input *in = data;

	return ++in->asked > 5000;
}

static int look(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char real[PATH_MAX];

	(void)type;
	found += ftw->level > 0;
	bytes += S_ISREG(st->st_mode) ? overlay_takes((uint64_t)st->st_size) / st->st_nlink : 0;
	if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode) && !S_ISLNK(st->st_mode))
		__builtin_trap();
	if (!S_ISLNK(st->st_mode) && (st->st_mode & (S_ISUID | S_ISGID)) && ftw->level > 0)
		__builtin_trap();
	if (S_ISLNK(st->st_mode) && realpath(path, real) && strncmp(real, inner, strlen(inner)) != 0)
		__builtin_trap();
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void unpack(struct input *in)
{
	const struct overlay overlay = {.size = SIZE_DECLARED, .files = FILES_DECLARED};
	const struct overlay_input input = {
		.source = {.read = next_bytes, .data = in}, .cancelled = is_enough, .data = in};
	_cleanup_close_ int fd = open(inner, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err err = {0};
	int r = overlay_unpack_into(fd, &overlay, &input, &err);

	if (r < 0 && !err.text[0])
		__builtin_trap();
	found = 0;
	bytes = 0;
	nftw(inner, look, 16, FTW_PHYS);
	if (found > FILES_DECLARED + MOUNT_POINTS || bytes > SIZE_DECLARED)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char outer[] = "/tmp/remint-fuzz-XXXXXX";
	struct input in = {.data = data, .len = size};

	if (!mkdtemp(outer))
		return 0;
	snprintf(inner, sizeof(inner), "%s/in", outer);
	if (mkdir(inner, 0700) < 0)
		__builtin_trap();
	unpack(&in);
	if (nftw(inner, remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0 || rmdir(outer) < 0)
		if (geteuid() ==
		    0) /* an ordinary user may be shut out of a folder that the archive has closed */
			__builtin_trap();
	return 0;
}
