/* SPDX-License-Identifier: Apache-2.0 */
/* md(4), metadata 1.0: firmware and boot loader see two ordinary disks, and the kernel one array. */
#include "agent/steps/commit_raid.h"

#include <string.h>
#include <time.h>

#include "agent/steps/roots.h"
#include "core/hash.h"
#include "core/io.h"

struct md_array commit_raid_plan(const struct job *job)
{
	struct md_array array = {.n_members = job->facts.n_roots,
				 .size = job->facts.roots[0].size,
				 .created = (uint64_t)time(NULL)};

	random_bytes(array.uuid, sizeof(array.uuid));
	snprintf(array.name, sizeof(array.name), "%.*s", (int)sizeof(array.name) - 1,
		 job->order->node ? job->order->node : "root");
	return array;
}

static int put(const struct root *root, int fd, const void *superblock, struct err *err)
{
	uint64_t at = md_superblock_offset(root->block->size);
	int r = pwrite_full(fd, superblock, MD_SUPERBLOCK_SIZE, at, err);

	return r < 0 ? r : block_flush(fd, err);
}

int commit_raid_write(const struct job *job, const struct md_array *array, unsigned member, int fd,
		      struct err *err)
{
	const struct root *root = &job->facts.roots[member];
	_cleanup_free_ void *made = block_buffer(MD_SUPERBLOCK_SIZE),
			    *seen = block_buffer(MD_SUPERBLOCK_SIZE);
	uint32_t missing = 0;

	for (unsigned i = 0; i < job->facts.n_roots; i++)
		if (!root_is_whole(&job->facts.roots[i]))
			missing |= UINT32_C(1) << i;
	md_superblock_make(array, member, root->block->size, missing, made);
	if (put(root, fd, made, err) < 0)
		return err_prepend(err, "writing the RAID superblock");
	if (pread_full(fd, seen, MD_SUPERBLOCK_SIZE, md_superblock_offset(root->block->size), err) < 0)
		return err_prepend(err, "reading back the RAID superblock");
	if (memcmp(made, seen, MD_SUPERBLOCK_SIZE) != 0)
		return err_set(err, EIO, "the RAID superblock reads back differently from what was written");
	return 0;
}

int commit_raid_take_back(const struct root *root, int fd, struct err *err)
{
	_cleanup_free_ void *zeros = block_buffer(MD_SUPERBLOCK_SIZE);

	memset(zeros, 0, MD_SUPERBLOCK_SIZE);
	return put(root, fd, zeros, err);
}

json_t *commit_raid_json(const struct md_array *array, unsigned member)
{
	char hex[2 * sizeof(array->uuid) + 1];

	hex_encode(array->uuid, sizeof(array->uuid), hex);
	return json_pack("{ss ss si si}", "uuid", hex, "name", array->name, "member", (int)member, "members",
			 (int)array->n_members);
}
