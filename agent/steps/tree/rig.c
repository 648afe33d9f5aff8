/* SPDX-License-Identifier: Apache-2.0 */
/* Partitions and arrays; mounting is mount.c's. */
#include "agent/steps/tree/rig.h"

#include <fcntl.h>
#include <string.h>

#include "agent/hw/block/partition.h"
#include "agent/steps/roots.h"
#include "core/hash.h"
#include "core/io.h"

bool rig_is_mirrored(const struct rig *rig, unsigned partition)
{
	return rig->arrays[partition].n_members != 0;
}

bool rig_runs_own_swap(const struct rig *rig, unsigned partition)
{
	return rig->layout->partitions[partition].fs == LAYOUT_SWAP && !rig_is_mirrored(rig, partition);
}

/* ---- the plan ---- */

/* The first disk's end that is nearest: partitions lie alike on every disk, for they hold the same. */
static int common_end(const struct job *job, uint64_t *ret, struct err *err)
{
	uint64_t end = UINT64_MAX;

	for (unsigned i = 0; i < job->facts.n_roots; i++) {
		const struct root *root = &job->facts.roots[i];
		struct gpt_tail tail;

		if (root_tail(root->size, job->facts.manifest, &tail, err) < 0)
			return err_prepend(err, "%s", root->block->name);
		end = tail.seed_offset < end ? tail.seed_offset : end;
	}
	*ret = end;
	return 0;
}

static void plan_array(struct rig *rig, unsigned partition)
{
	struct md_array *array = &rig->arrays[partition];

	*array = (struct md_array){
		.n_members = rig->n,
		.size = md_array_size(rig->disks[0].plan.partitions[partition].size),
		.created = (uint64_t)rig->job->now,
	};
	random_bytes(array->uuid, sizeof(array->uuid));
	snprintf(array->name, sizeof(array->name), "%s", rig->layout->partitions[partition].name);
}

static int plan_disk(struct rig *rig, unsigned disk, uint64_t end, struct err *err)
{
	struct rig_disk *d = &rig->disks[disk];

	*d = (struct rig_disk){.root = &rig->job->facts.roots[disk], .fd = -EBADF};
	if (plan_make(rig->layout, end, disk > 0, &d->plan, err) < 0)
		return err_prepend(err, "%s", d->root->block->name);
	for (unsigned p = 0; p < rig->layout->n_partitions; p++) {
		struct layout_partition swap = rig->layout->partitions[p];

		if (disk > 0)
			swap.fs_uuid = NULL;
		plan_fs_uuid(&swap, d->swap_uuid[p]);
	}
	return 0;
}

int rig_plan(struct job *job, struct rig *rig, struct err *err)
{
	const struct layout *layout = job->facts.manifest->layout;
	uint64_t end = 0;
	int r;

	*rig = (struct rig){.job = job, .layout = layout, .n = job->facts.n_roots};
	if ((r = common_end(job, &end, err)) < 0)
		return r;
	for (unsigned i = 0; i < rig->n; i++)
		if ((r = plan_disk(rig, i, end, err)) < 0)
			return r;
	for (unsigned p = 0; p < layout->n_partitions; p++) {
		plan_fs_uuid(&layout->partitions[p], rig->fs_uuid[p]);
		if (job->order->redundancy == ORDER_MIRROR && layout->partitions[p].mirrored && rig->n > 1)
			plan_array(rig, p);
	}
	return 0;
}

/* ---- partitions ---- */

int rig_disk_up(struct rig *rig, unsigned disk, struct err *err)
{
	struct rig_disk *d = &rig->disks[disk];
	const struct block *block = d->root->block;
	_cleanup_close_ int exclusive = -EBADF;
	int r;

	/* Nobody else has it. Held on to, it would keep its own partitions from being mounted. */
	if ((r = block_open(block, true, &exclusive, err)) < 0 ||
	    (r = partition_delete_all(exclusive, block, err)) < 0)
		return r;
	close_fdp(&exclusive);
	exclusive = -EBADF;
	if ((r = block_open(block, false, &d->fd, err)) < 0)
		return r;
	for (unsigned p = 0; r == 0 && p < d->plan.n; p++)
		r = partition_add(d->fd, block, p + 1, d->plan.partitions[p].offset,
				  d->plan.partitions[p].size, &d->paths[p], err);
	return r;
}

int rig_disk_down(struct rig *rig, unsigned disk, struct err *err)
{
	struct rig_disk *d = &rig->disks[disk];
	struct err first = {0}, again;

	if (d->fd < 0)
		return 0;
	for (unsigned p = 0; p < d->plan.n; p++) {
		if (d->paths[p] && partition_delete(d->fd, d->root->block, p + 1, &again) < 0 && !first.code)
			first = again;
		free(d->paths[p]);
		d->paths[p] = NULL;
	}
	/* Nothing of what was read through partitions stays in the cache: reading back is to ask the medium. */
	if (root_is_whole(d->root) && block_flush(d->fd, &again) < 0 && !first.code)
		first = again;
	close_fdp(&d->fd);
	d->fd = -EBADF;
	if (!first.code)
		return 0;
	*err = first;
	return -first.code;
}

const char *rig_device(const struct rig *rig, unsigned disk, unsigned partition)
{
	return rig->array_paths[partition] ? rig->array_paths[partition] : rig->disks[disk].paths[partition];
}

/* ---- arrays ---- */

static uint32_t missing_members(const struct rig *rig)
{
	uint32_t missing = 0;

	for (unsigned i = 0; i < rig->n; i++)
		if (rig->disks[i].fd < 0)
			missing |= 1u << i;
	return missing;
}

static int write_superblock(struct rig *rig, unsigned disk, unsigned partition, struct err *err)
{
	const struct plan_partition *p = &rig->disks[disk].plan.partitions[partition];
	_cleanup_close_ int fd = open(rig->disks[disk].paths[partition], O_WRONLY | O_DIRECT | O_CLOEXEC);
	_cleanup_free_ void *superblock = block_buffer(MD_SUPERBLOCK_SIZE);
	int r;

	if (fd < 0)
		return err_sys(err, errno, "open %s", rig->disks[disk].paths[partition]);
	md_superblock_make(&rig->arrays[partition], disk, p->size, missing_members(rig), superblock);
	r = pwrite_full(fd, superblock, MD_SUPERBLOCK_SIZE, md_superblock_offset(p->size), err);
	return r < 0 ? r : block_flush(fd, err);
}

/*
 * The members count as in sync from the start, with no resync. That is right: both were erased alike, and every block that a file system
 * rests upon is written through the array, to both. What neither has written is never read by it; if an erasure has
 * left other bytes there on one disk than on the other, a check of the array may count the difference, and nobody's data hang on it.
 */
static int array_up(struct rig *rig, unsigned partition, struct err *err)
{
	const char *members[ORDER_ROOTS_MAX] = {NULL};

	for (unsigned i = 0; i < rig->n; i++) {
		if (rig->disks[i].fd < 0)
			continue;
		members[i] = rig->disks[i].paths[partition];
		if (write_superblock(rig, i, partition, err) < 0)
			return err_prepend(err, "%s: the superblock of %s", rig->disks[i].root->block->name,
					   rig->arrays[partition].name);
	}
	return md_start(&rig->arrays[partition], members, rig->n, &rig->array_paths[partition], err);
}

int rig_arrays_up(struct rig *rig, struct err *err)
{
	int r = 0;

	for (unsigned p = 0; r == 0 && p < rig->layout->n_partitions; p++)
		if (rig_is_mirrored(rig, p))
			r = array_up(rig, p, err);
	return r;
}

int rig_arrays_down(struct rig *rig, struct err *err)
{
	struct err first = {0}, again;

	for (unsigned p = 0; p < rig->layout->n_partitions; p++) {
		if (rig->array_paths[p] && md_stop(rig->array_paths[p], &again) < 0 && !first.code)
			first = again;
		free(rig->array_paths[p]);
		rig->array_paths[p] = NULL;
	}
	if (!first.code)
		return 0;
	*err = first;
	return -first.code;
}

int rig_down(struct rig *rig, struct err *err)
{
	struct err first = {0}, again;

	if (rig_unmount(rig, &again) < 0)
		first = again;
	if (rig_arrays_down(rig, &again) < 0 && !first.code)
		first = again;
	for (unsigned i = 0; i < rig->n; i++)
		if (rig_disk_down(rig, i, &again) < 0 && !first.code)
			first = again;
	if (!first.code)
		return 0;
	*err = first;
	return -first.code;
}
