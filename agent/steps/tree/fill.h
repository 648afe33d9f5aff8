/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching, unpacking and the boot loader's files, onto what a rig has mounted. */
#ifndef AGENT_STEPS_TREE_FILL_H
#define AGENT_STEPS_TREE_FILL_H

#include "agent/pipeline/pipeline.h"
#include "agent/steps/tree/list.h"
#include "agent/steps/tree/rig.h"

/* What lies on the disks. */
struct filled {
	struct tree_list *tree, *esp; /* esp: NULL when it is mounted in the tree */
	uint64_t bytes;               /* of regular files in the archive */
	struct pipeline_result result;
};
void filled_clear(struct filled *filled);

/* Mounts `disk`'s file systems and fills them; what is mounted is unmounted by the caller. *ret_disk_failed: the error is the disk's, and
 * another disk may do. *ret can be cleared whatever happens. */
int fill_tree(struct rig *rig, unsigned disk, const struct pipeline_job *pipeline, struct filled *ret,
	      bool *ret_disk_failed, struct err *err) _must_check_;

/* Is an error of this code one that a broken disk makes? */
bool fill_is_disk_error(int code);

#endif
