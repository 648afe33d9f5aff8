/* SPDX-License-Identifier: Apache-2.0 */
/* The RAID 1 of whole disks: its superblocks, written before anything boots and read back. */
#ifndef AGENT_STEPS_COMMIT_RAID_H
#define AGENT_STEPS_COMMIT_RAID_H

#include "agent/hw/block/md.h"
#include "agent/step.h"

/* A new array over all root disks, with a random UUID and the node's name. */
struct md_array commit_raid_plan(const struct job *job);
/* The superblock of facts.roots[member], which says which members are lost by now. Flushed and read back. */
int commit_raid_write(const struct job *job, const struct md_array *array, unsigned member, int fd,
		      struct err *err) _must_check_;
/* Overwrites it with zeros. */
int commit_raid_take_back(const struct root *root, int fd, struct err *err) _must_check_;
/* {uuid, name, member, members} */
json_t *commit_raid_json(const struct md_array *array, unsigned member) _must_check_;

#endif
