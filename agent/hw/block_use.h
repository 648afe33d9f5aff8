/* SPDX-License-Identifier: Apache-2.0 */
/* A block device of whatever kind that a person names by its path (loop, md and device-mapper too), or a file in its stead. */
#ifndef AGENT_HW_BLOCK_USE_H
#define AGENT_HW_BLOCK_USE_H

#include "agent/hw/block.h"

/*
 * Describes it without opening it: dev, size, sector sizes, rotational, read_only, ... A regular file has dev "", its own size and
 * logical blocks of 512 bytes. block.path may be cut: the caller keeps its own. -ENOTBLK: it is neither, or it is a partition.
 */
int block_of_path(const char *path, struct block *ret, struct err *err) _must_check_;

/*
 * Who uses the device, one of its partitions, or the file: "loop0p1 is mounted on /srv", "md0 holds sda2", "swap". False and "" when
 * nobody does. For messages: whether it is free is O_EXCL's to say.
 */
bool block_user(const char *path, char *ret, size_t size);

#endif
