/* SPDX-License-Identifier: Apache-2.0 */
/* Which disk becomes the new system's. Pure. */
#ifndef AGENT_STEPS_ROOT_DISK_H
#define AGENT_STEPS_ROOT_DISK_H

#include "agent/hw/block.h"
#include "core/err.h"
#include "images/manifest.h"
#include "protocol/order.h"

/*
 * The order's root_disk, else the smallest disk that fits the image; of two that are equally large an NVMe one first,
 * then by name. The disk must be one that will be wiped and may be touched, have the image's logical block size, and have
 * room for the image and what personalise adds behind it. -ENOENT: the order names a disk that is not there, or twice; -ENOSPC: none fits, and
 * the text says for each why. *ret is one of disks.
 */
int disks_choose_root(const struct block *disks, unsigned n, const struct order *order,
		      const struct manifest *manifest, const struct block **ret,
		      struct err *err) _must_check_;

#endif
