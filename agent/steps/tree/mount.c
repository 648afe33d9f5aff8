/* SPDX-License-Identifier: Apache-2.0 */
/* The tree's file systems, parents first, and down again. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/hw/block/mount.h"
#include "agent/steps/tree/rig.h"
#include "core/io.h"
#include "images/layout_check.h"

/* Of the mounts that are left the shortest path: above all that lie below it. -1: none. */
static int next_mount(const struct rig *rig, const bool *done)
{
	int best = -1;

	for (unsigned p = 0; p < rig->layout->n_partitions; p++) {
		const char *mount = rig->layout->partitions[p].mount;

		if (mount && !done[p] &&
		    (best < 0 || strlen(mount) < strlen(rig->layout->partitions[best].mount)))
			best = (int)p;
	}
	return best;
}

static int mount_one(struct rig *rig, unsigned disk, unsigned partition, const char *folder,
		     const char *where, bool read_only, const struct rig_hooks *hooks, struct err *err)
{
	const char *fs = layout_fs_name(rig->layout->partitions[partition].fs);
	_cleanup_free_ char *at = where && *where ? path_join(folder, where) : xstrdup(folder);
	int r;

	if (hooks && hooks->make && where && *where &&
	    (r = hooks->make(hooks->data, partition, where, err)) < 0)
		return r;
	if ((r = mount_disk(rig_device(rig, disk, partition), fs, at, read_only, err)) < 0)
		return r;
	rig->mounts[rig->n_mounts++] = TAKE_PTR(at);
	return hooks && hooks->made ? hooks->made(hooks->data, partition, where, err) : 0;
}

/* The folders lie in RAM, are root's alone, and stay. */
static int make_folders(struct err *err)
{
	int r;

	if ((r = mount_unshare(err)) < 0 || (r = make_dirs(RIG_TREE, 0700, err)) < 0 ||
	    (r = make_dirs(RIG_ESP, 0700, err)) < 0)
		return r;
	return chmod(RIG_FOLDER, 0700) < 0 ? err_sys(err, errno, "%s", RIG_FOLDER) : 0;
}

int rig_mount(struct rig *rig, unsigned disk, bool read_only, const struct rig_hooks *hooks, struct err *err)
{
	const struct layout_partition *esp = layout_esp(rig->layout);
	bool done[LAYOUT_PARTITIONS_MAX] = {false};
	int r = make_folders(err), p;

	while (r == 0 && (p = next_mount(rig, done)) >= 0) {
		const char *where = rig->layout->partitions[p].mount;

		done[p] = true;
		r = mount_one(rig, disk, (unsigned)p, RIG_TREE, where + strspn(where, "/"), read_only, hooks,
			      err);
	}
	if (r == 0 && esp && !esp->mount)
		r = mount_one(rig, disk, (unsigned)(esp - rig->layout->partitions), RIG_ESP, NULL, read_only,
			      hooks, err);
	return r;
}

int rig_unmount(struct rig *rig, struct err *err)
{
	struct err first = {0}, again;

	while (rig->n_mounts > 0) {
		char *where = rig->mounts[--rig->n_mounts];

		if (mount_drop(where, &again) < 0 && !first.code)
			first = again;
		free(where);
	}
	if (!first.code)
		return 0;
	*err = first;
	return -first.code;
}
