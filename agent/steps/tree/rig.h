/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scaffold around a root tree: partitions that the kernel is told of, arrays that run, file systems that are mounted. What went up comes
 * down in the reverse order, whatever happened in between.
 */
#ifndef AGENT_STEPS_TREE_RIG_H
#define AGENT_STEPS_TREE_RIG_H

#include "agent/hw/block/md.h"
#include "agent/step.h"
#include "agent/steps/tree/plan.h"

#define RIG_FOLDER "/run/remint" /* in RAM */
#define RIG_TREE   RIG_FOLDER "/root"
#define RIG_ESP    RIG_FOLDER "/esp" /* of an ESP that is not mounted in the tree */

struct rig_disk {
	struct root *root;
	struct plan plan;
	char swap_uuid[LAYOUT_PARTITIONS_MAX][PLAN_FS_UUID_MAX]; /* of plain swap, each disk's own */
	int fd;                                                  /* the whole disk, or -EBADF */
	char *paths[LAYOUT_PARTITIONS_MAX];                      /* of partitions that are up */
};

/* What is decided once, and what is up now. */
struct rig {
	struct job *job;
	const struct layout *layout;
	unsigned n;
	struct rig_disk disks[ORDER_ROOTS_MAX]; /* as facts.roots */
	char fs_uuid[LAYOUT_PARTITIONS_MAX][PLAN_FS_UUID_MAX];
	struct md_array arrays[LAYOUT_PARTITIONS_MAX]; /* of mirrored partitions: n_members is 2 */
	char *array_paths[LAYOUT_PARTITIONS_MAX];      /* of those that run */
	char *mounts[LAYOUT_PARTITIONS_MAX];           /* where something is mounted, in order */
	unsigned n_mounts;
};

/* Decides on places, GUIDs and UUIDs for every root disk. -ENOSPC. Nothing is up. */
int rig_plan(struct job *job, struct rig *rig, struct err *err) _must_check_;
/* Is this partition the array's, rather than each disk's own? */
bool rig_is_mirrored(const struct rig *rig, unsigned partition);
bool rig_runs_own_swap(const struct rig *rig, unsigned partition);

/* The partitions of one disk. Those that the kernel knew before are taken away first. */
int rig_disk_up(struct rig *rig, unsigned disk, struct err *err) _must_check_;
/* Superblocks onto the partitions that are up, and the arrays over them. */
int rig_arrays_up(struct rig *rig, struct err *err) _must_check_;
/* Where partition's file system is made and mounted from: its array when that runs, or `disk`'s own. */
const char *rig_device(const struct rig *rig, unsigned disk, unsigned partition);
/* Mounts what has a `mount`, parents first, below RIG_TREE, and the ESP at RIG_ESP when it has none. `made` is called when one is mounted,
 * with its place in the tree ("", "boot/efi"; NULL: RIG_ESP), and `make` before, to make that folder; either may be NULL. */
struct rig_hooks {
	int (*make)(void *data, unsigned partition, const char *where, struct err *err);
	int (*made)(void *data, unsigned partition, const char *where, struct err *err);
	void *data;
};
int rig_mount(struct rig *rig, unsigned disk, bool read_only, const struct rig_hooks *hooks,
	      struct err *err) _must_check_;

/* Each takes all of its kind down, and goes on after an error; the first one is told. */
int rig_unmount(struct rig *rig, struct err *err) _must_check_;
int rig_arrays_down(struct rig *rig, struct err *err) _must_check_;
int rig_disk_down(struct rig *rig, unsigned disk, struct err *err) _must_check_;
int rig_down(struct rig *rig, struct err *err) _must_check_;

#endif
