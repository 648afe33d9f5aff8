/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partitions that the kernel is told of one by one, without a table on the disk (BLKPG, linux/blkpg.h). The one owner of BLKPG. Nothing of it
 * outlives the boot.
 */
#ifndef AGENT_HW_PARTITION_H
#define AGENT_HW_PARTITION_H

#include <stdint.h>

#include "agent/hw/block/block.h"

/* malloc'd "sda1", "nvme0n1p1". */
char *partition_name(const char *dev, unsigned number) _must_check_;
/*
 * Tells the kernel of partition `number`; fd is the disk's, open in any way but exclusively, which would keep its partitions from being
 * mounted. Offset and length in bytes, multiples of the logical block. *ret_path is the device node, malloc'd, and there when it returns.
 */
int partition_add(int fd, const struct block *disk, unsigned number, uint64_t offset, uint64_t len,
		  char **ret_path, struct err *err) _must_check_;
/* 0 as well when there is none. -EBUSY: it stays in use. */
int partition_delete(int fd, const struct block *disk, unsigned number, struct err *err) _must_check_;
/* All that the kernel knows of: those of a former table too. */
int partition_delete_all(int fd, const struct block *disk, struct err *err) _must_check_;

#endif
