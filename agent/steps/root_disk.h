/* SPDX-License-Identifier: Apache-2.0 */
/* Which disks become the new system's. Pure. */
#ifndef AGENT_STEPS_ROOT_DISK_H
#define AGENT_STEPS_ROOT_DISK_H

#include "agent/step.h"

/*
 * The disks that order.root names, in that order, or chosen ones: the smallest that fits; of two that are equally large an NVMe one
 * first, then by name; for a pair the best two of equal size, else the best two. Each must be one that will be wiped and may be touched,
 * suit the image's logical block size, and have room for the image and what is put behind it; disks of one pair that was chosen, or of one
 * RAID, have the same logical block size. -ENOENT: the order names a disk that is not there, or one twice; -ENOSPC: none fits, or not
 * enough do, and the text says for each why. Fills block and size of ret[0..*ret_n).
 */
int disks_choose_roots(const struct block *disks, unsigned n, const struct order *order,
		       const struct manifest *manifest, struct root ret[ORDER_ROOTS_MAX], unsigned *ret_n,
		       struct err *err) _must_check_;

#endif
