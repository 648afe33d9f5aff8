/* SPDX-License-Identifier: Apache-2.0 */
/* The disks that receive the image, and what becomes of an order when one of them fails. */
#ifndef AGENT_STEPS_ROOTS_H
#define AGENT_STEPS_ROOTS_H

#include "agent/step.h"
#include "agent/steps/gpt.h"

static inline bool root_is_whole(const struct root *root)
{
	return root->lost.code == 0;
}

unsigned roots_whole(const struct facts *facts);
/* The first that is whole; NULL: none. */
const struct root *roots_first(const struct facts *facts);
/* Is this one of the root disks, lost or not? */
bool roots_have(const struct facts *facts, const struct block *block);
/* Is the whole disk, partition table and all, a member of one RAID 1? (With an image of kind root only partitions are.) */
bool roots_are_one_array(const struct job *job);

/*
 * *err says what failed on this disk. When the order goes on without a lost disk and another one is whole, the disk is marked as lost, the
 * operator is told, *err is cleared and the result is 0; else the negative errno, with the disk's name in front.
 */
int root_failed(struct job *job, struct root *root, struct err *err) _must_check_;

/* Bytes from the disk's beginning that the image needs: its own, or what its layout asks for at least. */
uint64_t image_needs(const struct manifest *manifest);
/*
 * Where the seed and the backup partition table go. Partitions end at the latest at ret->seed_offset. Without the step that
 * personalises there is no seed: its size is 0.
 */
int root_tail(uint64_t root_size, const struct manifest *manifest, struct gpt_tail *ret,
	      struct err *err) _must_check_;

#endif
