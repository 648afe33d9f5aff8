/* SPDX-License-Identifier: Apache-2.0 */
/* A block device of whatever kind that a person names by its path (loop, md and device-mapper too), or a file in its stead. */
#ifndef AGENT_HW_BLOCK_USE_H
#define AGENT_HW_BLOCK_USE_H

#include "agent/hw/block/block.h"

/*
 * Describes it without opening it: dev, size, sector sizes, rotational, read_only, ... A regular file has dev "", its own size and
 * logical blocks of 512 bytes. block.path may be cut: the caller keeps its own. -ENOTBLK: it is neither, or it is a partition.
 */
int block_of_path(const char *path, struct block *ret, struct err *err) _must_check_;

/*
 * Who uses the device, one of its partitions, or the file: "loop0p1 is mounted on /srv", "md0 holds sda2", "swap", "loop1 lies on it".
 * False and "" when nobody does. Not all of them hold it by O_EXCL, nor does this see all who do.
 */
bool block_user(const char *path, char *ret, size_t size);

/*
 * Another program that has the device, one of its partitions, or the file open for writing: "qemu-system-x86 (process 7) has it ...".
 * Programs of others are seen by root alone. Who serves a network block device is no user of it.
 */
bool block_opener(const char *path, char *ret, size_t size);

#endif
