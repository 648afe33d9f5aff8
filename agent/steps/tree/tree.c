/* SPDX-License-Identifier: Apache-2.0 */
/* Writing an image of kind root: the order of things, and what becomes of a disk that fails. */
#include "agent/steps/tree/tree.h"

#include <inttypes.h>
#include <string.h>

#include "agent/hw/machine.h"
#include "agent/steps/payload.h"
#include "agent/steps/roots.h"
#include "agent/steps/tree/clone.h"
#include "agent/steps/tree/mkfs.h"
#include "agent/steps/tree/read_back.h"
#include "agent/steps/tree/record.h"
#include "agent/steps/write_record.h"
#include "core/io.h"
#include "core/log.h"

/* bytes of the order's memory: for all of the worker but the pipeline, the list of files too */
#define WORKER_MEMORY (96ull << 20)

/* What was written, for reading back. */
static struct rig rig;
static struct filled filled;

/* One run on the disks that are whole. */
struct attempt {
	struct job *job;
	struct rig *rig;
	unsigned first;            /* the disk that is filled */
	bool first_failed;         /* the error is that disk's */
	uint64_t cloned, to_clone; /* bytes */
};

static bool cancelled(void *data)
{
	struct attempt *a = data;

	return a->job->ops->cancelled(a->job);
}

static struct mkfs mkfs_of(const struct rig *r, unsigned disk, unsigned partition)
{
	const struct layout_partition *part = &r->layout->partitions[partition];

	return (struct mkfs){
		.fs = part->fs,
		.device = rig_device(r, disk, partition),
		.label = part->label,
		.uuid = rig_runs_own_swap(r, partition) ? r->disks[disk].swap_uuid[partition]
							: r->fs_uuid[partition],
		.size = rig_is_mirrored(r, partition) ? r->arrays[partition].size
						      : r->disks[disk].plan.partitions[partition].size,
		.logical_block_size = r->disks[disk].root->block->logical_block_size,
	};
}

/* ---- check ---- */

static int check_disks(const struct job *job, struct err *err)
{
	const struct facts *f = &job->facts;

	for (unsigned i = 1; i < f->n_roots; i++)
		if (f->roots[i].block->logical_block_size != f->roots[0].block->logical_block_size)
			return err_set(err, EINVAL,
				       "%s has blocks of %" PRIu32 " bytes and %s of %" PRIu32
				       ": a file system cannot be the same on both",
				       f->roots[0].block->name, f->roots[0].block->logical_block_size,
				       f->roots[i].block->name, f->roots[i].block->logical_block_size);
	return 0;
}

static int check_array(const struct rig *r, struct err *err)
{
	if (!IS_ENABLED(CONFIG_MD))
		return err_set(err, EOPNOTSUPP, "this boot image is built without RAID 1");
	if (r->n != 2)
		return err_set(err, EINVAL, "a mirror is of two disks, and not of %u", r->n);
	return md_ready(err);
}

int root_tree_check(struct job *job, struct err *err)
{
	struct rig plan;
	int r;

	if (!firmware_is_uefi(""))
		return err_set(
			err, EOPNOTSUPP,
			"this machine has booted by BIOS, and an image of kind root boots by UEFI alone");
	if ((r = check_disks(job, err)) < 0 || (r = rig_plan(job, &plan, err)) < 0)
		return r;
	for (unsigned p = 0; r == 0 && p < plan.layout->n_partitions; p++) {
		struct mkfs m = mkfs_of(&plan, 0, p);

		if (rig_is_mirrored(&plan, p))
			r = check_array(&plan, err);
		if (r == 0)
			r = mkfs_check(&m, err);
		if (r < 0)
			r = err_prepend(err, "partition %s", plan.layout->partitions[p].name);
	}
	return r;
}

/* ---- one run ---- */

/* Brings up every disk that can be; the rest is lost, if the order allows that. */
static int disks_up(struct attempt *a, struct err *err)
{
	struct err down;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < a->rig->n; i++) {
		struct root *root = a->rig->disks[i].root;

		if (!root_is_whole(root) || rig_disk_up(a->rig, i, err) == 0)
			continue;
		if (rig_disk_down(a->rig, i, &down) < 0)
			log_warn("%s", down.text);
		r = root_failed(a->job, root, err);
	}
	a->first = 0;
	while (r == 0 && a->first + 1 < a->rig->n && !root_is_whole(a->rig->disks[a->first].root))
		a->first++;
	return r;
}

/* A file system that cannot be made where the disk answers with errors is the disk's failure, not the layout's. */
static int make_file_systems(struct attempt *a, struct err *err)
{
	for (unsigned p = 0; p < a->rig->layout->n_partitions; p++) {
		struct mkfs m = mkfs_of(a->rig, a->first, p);

		if (mkfs_run(&m, cancelled, a, err) == 0)
			continue;
		if (err->code == ECANCELED)
			return -ECANCELED;
		a->first_failed = fill_is_disk_error(err->code);
		return err_prepend(err, "partition %s", a->rig->layout->partitions[p].name);
	}
	return 0;
}

/* A member that fell out of its array while it was filled is a lost disk. */
static int check_members(struct attempt *a, unsigned partition, struct err *err)
{
	const char *members[ORDER_ROOTS_MAX] = {NULL};
	uint32_t active = 0;
	int r;

	for (unsigned i = 0; i < a->rig->n; i++)
		members[i] = a->rig->disks[i].paths[partition];
	if ((r = md_active(a->rig->array_paths[partition], members, a->rig->n, &active, err)) < 0)
		return r;
	for (unsigned i = 0; r == 0 && i < a->rig->n; i++) {
		struct root *root = a->rig->disks[i].root;

		if (!members[i] || active & 1u << i || !root_is_whole(root))
			continue;
		(void)err_set(err, EIO, "it fell out of the array %s", a->rig->arrays[partition].name);
		r = root_failed(a->job, root, err);
	}
	return r;
}

static int check_arrays(struct attempt *a, struct err *err)
{
	int r = 0;

	for (unsigned p = 0; r == 0 && p < a->rig->layout->n_partitions; p++)
		if (a->rig->array_paths[p])
			r = check_members(a, p, err);
	return r;
}

static void cloning(void *data, uint64_t done)
{
	struct attempt *a = data;

	a->job->ops->progress(a->job, a->cloned + done, a->to_clone);
}

/* One partition of the first disk onto another disk. */
static int copy_partition(struct attempt *a, unsigned disk, unsigned partition, struct err *err)
{
	struct mkfs m = mkfs_of(a->rig, disk, partition);
	struct clone c = {
		.from = a->rig->disks[a->first].paths[partition],
		.to = a->rig->disks[disk].paths[partition],
		.size = m.size,
		.cancelled = cancelled,
		.progress = cloning,
		.data = a,
	};
	int r;

	if (m.fs == LAYOUT_NONE || rig_is_mirrored(a->rig, partition))
		return 0;
	if (m.fs == LAYOUT_SWAP)
		return mkfs_run(&m, cancelled, a, err);
	r = clone_partition(&c, err);
	a->cloned += c.size;
	a->first_failed = r < 0 && r != -ECANCELED && c.from_failed;
	return r;
}

static bool is_copied_to(const struct attempt *a, unsigned disk)
{
	return disk != a->first && root_is_whole(a->rig->disks[disk].root);
}

static void count_copies(struct attempt *a)
{
	a->cloned = a->to_clone = 0;
	for (unsigned i = 0; i < a->rig->n; i++)
		for (unsigned p = 0; is_copied_to(a, i) && p < a->rig->layout->n_partitions; p++)
			if (a->rig->layout->partitions[p].fs > LAYOUT_NONE &&
			    a->rig->layout->partitions[p].fs != LAYOUT_SWAP && !rig_is_mirrored(a->rig, p))
				a->to_clone += a->rig->disks[i].plan.partitions[p].size;
}

static int copy_to_others(struct attempt *a, struct err *err)
{
	int r = 0;

	count_copies(a);
	for (unsigned i = 0; i < a->rig->n; i++) {
		if (!is_copied_to(a, i))
			continue;
		for (unsigned p = 0; r == 0 && p < a->rig->layout->n_partitions; p++)
			r = copy_partition(a, i, p, err);
		if (r == -ECANCELED || a->first_failed)
			return r;
		if (r < 0 && (r = root_failed(a->job, a->rig->disks[i].root, err)) < 0)
			return r;
	}
	return 0;
}

static int fill_disks(struct attempt *a, const struct pipeline_job *pipeline, struct err *err)
{
	int r;

	if ((r = disks_up(a, err)) < 0 || (r = rig_arrays_up(a->rig, err)) < 0 ||
	    (r = make_file_systems(a, err)) < 0 ||
	    (r = fill_tree(a->rig, a->first, pipeline, &filled, &a->first_failed, err)) < 0)
		return r;
	if ((r = rig_unmount(a->rig, err)) < 0 || (r = check_arrays(a, err)) < 0)
		return r;
	/* Its copies would be a lost disk's. */
	if (!root_is_whole(a->rig->disks[a->first].root)) {
		a->first_failed = true;
		return err_set(err, EIO, "the disk that was filled is lost");
	}
	if ((r = rig_arrays_down(a->rig, err)) < 0)
		return r;
	return copy_to_others(a, err);
}

/* Whatever happened, everything comes down; the first error is told. */
static int attempt_run(struct attempt *a, const struct pipeline_job *pipeline, struct err *err)
{
	struct err down = {0};
	int r = fill_disks(a, pipeline, err);

	if (rig_down(a->rig, &down) < 0 && r == 0) {
		*err = down;
		r = -down.code;
	}
	return r;
}

/* ---- the whole ---- */

static int make_first_chunks(struct err *err)
{
	for (unsigned i = 0; i < rig.n; i++) {
		struct root *root = rig.disks[i].root;

		if (!root_is_whole(root))
			continue;
		if (plan_table(&rig.disks[i].plan, root->size, root->block->logical_block_size,
			       &root->first_chunk, err) < 0)
			return err_prepend(err, "%s", root->block->name);
		root->first_chunk_len = PLAN_BEGIN;
	}
	return 0;
}

/* Each run that fails by its first disk has the next one in its place; there are no more runs than disks. */
int root_tree_write(struct job *job, struct err *err)
{
	_cleanup_(payload_sources_clear) struct payload_sources sources = {0};
	struct pipeline_job pipeline = payload_job(job, WORKER_MEMORY, &sources);
	int r;

	filled_clear(&filled);
	if ((r = rig_plan(job, &rig, err)) < 0)
		return r;
	for (;;) {
		struct attempt a = {.job = job, .rig = &rig};

		r = attempt_run(&a, &pipeline, err);
		write_record_tell_bad(job, &pipeline, &filled.result);
		if (r == 0)
			break;
		if (!a.first_failed)
			return r;
		if (root_is_whole(rig.disks[a.first].root) &&
		    (r = root_failed(job, rig.disks[a.first].root, err)) < 0)
			return r;
		*err = (struct err){0};
	}
	if ((r = make_first_chunks(err)) < 0)
		return r;
	job->facts.written = root_record_make(&rig, &pipeline, &filled);
	return 0;
}

int root_tree_verify(struct job *job, struct err *err)
{
	struct mkfs swaps[LAYOUT_PARTITIONS_MAX];
	int r = 0;

	for (unsigned i = 0; r == 0 && job->order->verify != ORDER_VERIFY_NONE && i < rig.n; i++) {
		struct root *root = rig.disks[i].root;
		struct read_back back = {
			.job = job, .rig = &rig, .filled = &filled, .disk = i, .swaps = swaps};

		if (!root_is_whole(root))
			continue;
		for (unsigned p = 0; p < rig.layout->n_partitions; p++)
			swaps[p] = mkfs_of(&rig, i, p);
		if (read_back_disk(&back, err) < 0)
			r = root_failed(job, root, err);
		root_record_read_back(job->facts.written, &rig, i, back.files, back.bytes);
	}
	filled_clear(&filled);
	return r;
}
