/* SPDX-License-Identifier: Apache-2.0 */
/* An overlay's own file system in memory: as large as declared, no larger than the machine can bear, and gone when anything is refused. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/hw/block/mount.h"
#include "agent/overlay/unpack.h"
#include "core/io.h"
#include "core/log.h"

#define MORE_FILES \
	7 /* the root itself, where the archive does not name it, and the folders that services see something else in */
#define FILE_COST 1024 /* bytes of the kernel's own memory that an entry takes, about: an inode and a name */

/* The kernel counts in pages, which on some machines are larger than the blocks of the declaration. */
static uint64_t size_here(const struct overlay *overlay)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t more = page > OVERLAY_BLOCK ? overlay->files * (page - OVERLAY_BLOCK) : 0;

	return (overlay->size + more + page - 1) / page * page;
}

static int check_memory(const struct overlay *overlay, uint64_t memory, struct err *err)
{
	uint64_t needs = size_here(overlay) + overlay->files * FILE_COST;

	if (needs > memory)
		return err_set(err, ENOMEM,
			       "it takes %" PRIu64 " MiB of memory, and this machine can spare %" PRIu64
			       " MiB, half of what is free",
			       (needs >> 20) + 1, memory >> 20);
	return 0;
}

static int fill(const char *tree, const struct overlay *overlay, const struct overlay_input *input,
		struct err *err)
{
	_cleanup_close_ int root = open(tree, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (root < 0)
		return err_sys(err, errno, "%s", tree);
	return overlay_unpack_into(root, overlay, input, err);
}

int overlay_unpack(const char *name, const struct overlay *overlay, uint64_t memory,
		   const struct overlay_input *input, char **ret_tree, struct err *err)
{
	_cleanup_free_ char *tree = path_join(OVERLAY_FOLDER, name);
	struct err also = {0};
	int r;

	if ((r = check_memory(overlay, memory, err)) < 0 || (r = make_dirs(tree, 0755, err)) < 0 ||
	    (r = mount_drop(tree, err)) < 0 ||
	    (r = mount_memory(tree, size_here(overlay), overlay->files + MORE_FILES, err)) < 0)
		return r;
	r = fill(tree, overlay, input, err);
	if (r == 0)
		r = mount_memory_seal(tree, err);
	if (r < 0 && overlay_drop(tree, &also) < 0)
		log_warn("%s", also.text);
	if (r == 0)
		*ret_tree = TAKE_PTR(tree);
	return r;
}

int overlay_drop(const char *tree, struct err *err)
{
	int r = mount_drop(tree, err);

	if (r == 0 && rmdir(tree) < 0 && errno != ENOENT)
		r = err_sys(err, errno, "%s", tree);
	return r;
}

char **overlay_library_folders(const char *tree)
{
	static const char *const usual[] = {
		"usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64", "usr/lib",
		"lib/x86_64-linux-gnu",     "lib/aarch64-linux-gnu",     "lib64",     "lib"};
	const size_t n_usual = sizeof(usual) / sizeof(usual[0]);
	char **list = xcalloc(n_usual + 1, sizeof(*list));
	struct stat st;
	unsigned n = 0;

	for (size_t i = 0; i < n_usual; i++) {
		_cleanup_free_ char *path = path_join(tree, usual[i]);

		if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
			list[n++] = TAKE_PTR(path);
	}
	return list;
}
