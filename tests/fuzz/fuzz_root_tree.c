/* rooms: agent/steps agent/hw images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile archive into a scratch folder, the only thing in its own: what is unpacked compares equal, and nothing appears beside it, or
 * rmdir() at the end would fail. */
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/steps/tree/compare.h"
#include "agent/steps/tree/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t len;
	unsigned asked;
};

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

static void no_progress(void *data, uint64_t bytes)
{
	(void)data;
	(void)bytes;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int unpack_and_compare(const char *folder, struct input *in, struct err *err)
{
	_cleanup_close_ int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(tree_list_freep) struct tree_list *list = tree_list_new(4u << 20);
	struct unpack u = {.root = fd,
			   .list = list,
			   .file_max = 1 << 20,
			   .read = next_bytes,
			   .cancelled = is_enough,
			   .data = in};
	struct compare c = {
		.root = fd, .list = list, .cancelled = is_enough, .progress = no_progress, .data = in};

	if (unpack_folder_again(&u, ".", 0, err) < 0)
		__builtin_trap();
	if (unpack_tar(&u, err) < 0)
		return -err->code;
	return compare_tree(&c, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char outer[] = "/tmp/remint-fuzz-XXXXXX", inner[64];
	struct input in = {.data = data, .len = size};
	struct err err = {0};
	int r;

	if (!mkdtemp(outer))
		return 0;
	snprintf(inner, sizeof(inner), "%s/in", outer);
	if (mkdir(inner, 0700) < 0)
		__builtin_trap();
	r = unpack_and_compare(inner, &in, &err);
	if (r == -EIO || (r < 0 && !err.text[0]))
		__builtin_trap();
	if (chmod(inner, 0700) < 0 || nftw(inner, remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0 ||
	    rmdir(outer) < 0)
		if (geteuid() ==
		    0) /* an ordinary user may be shut out of a folder that the archive has closed */
			__builtin_trap();
	return 0;
}
