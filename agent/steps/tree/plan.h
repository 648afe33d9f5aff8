/* SPDX-License-Identifier: Apache-2.0 */
/* Where a layout's partitions lie on one disk, and the partition table that says so, in memory. */
#ifndef AGENT_STEPS_TREE_PLAN_H
#define AGENT_STEPS_TREE_PLAN_H

#include "images/layout.h"

#define PLAN_BEGIN       LAYOUT_ALIGN /* bytes: what the commit writes; partitions lie behind it */
#define PLAN_GUID_SIZE   37
#define PLAN_FS_UUID_MAX 37

struct plan_partition {
	const struct layout_partition *part;
	uint64_t offset, size;     /* bytes, multiples of LAYOUT_ALIGN */
	char guid[PLAN_GUID_SIZE]; /* lower case */
};

struct plan {
	char disk_guid[PLAN_GUID_SIZE];
	unsigned n;
	struct plan_partition partitions[LAYOUT_PARTITIONS_MAX]; /* the first is number 1 on the disk */
};

/*
 * Lays the partitions out between PLAN_BEGIN and `end` (bytes). `own_guids`: the disk is not the first one that gets this layout, and its
 * partitions are given GUIDs of their own. -ENOSPC.
 */
int plan_make(const struct layout *layout, uint64_t end, bool own_guids, struct plan *ret,
	      struct err *err) _must_check_;
/* The disk's first PLAN_BEGIN bytes: protective MBR and primary GPT for a disk of `size` bytes. block_buffer(). */
int plan_table(const struct plan *plan, uint64_t size, uint32_t logical_block_size, void **ret,
	       struct err *err) _must_check_;

/* A random UUID, version 4, as text in lower case. */
void plan_random_guid(char text[PLAN_GUID_SIZE]);
/* What blkid will print: as the layout says, or random and of the file system's form. */
void plan_fs_uuid(const struct layout_partition *part, char text[PLAN_FS_UUID_MAX]);
/* "c12a7328-f81f-..." in the order of its text (RFC 4122). False: it is none. */
bool plan_uuid_bytes(const char *text, uint8_t bytes[16]);

#endif
