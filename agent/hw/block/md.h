/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux software RAID 1 with metadata 1.0, the superblock at the member's end (md(4); the kernel's uapi md_p.h, struct mdp_superblock_1). The one owner of
 * the md ioctls and of the superblock's bytes.
 */
#ifndef AGENT_HW_MD_H
#define AGENT_HW_MD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

#define MD_SUPERBLOCK_SIZE 4096 /* bytes that are written; on disks of any block size */
#define MD_MEMBERS_MAX     8

struct md_array {
	uint8_t uuid[16];
	char name[33];      /* shown by mdadm as the array's name; [A-Za-z0-9._-] */
	unsigned n_members; /* 2 */
	uint64_t size;      /* bytes of the array: md_array_size() of the smallest member */
	uint64_t created;   /* seconds since 1970 */
};

/* Bytes of an array over members of this size, a multiple of 1 MiB and clear of the superblock. */
uint64_t md_array_size(uint64_t member_size);
/* Where member_size puts the superblock: bytes from its beginning (metadata 1.0: at least 8 KiB before the end, 4 KiB aligned). */
uint64_t md_superblock_offset(uint64_t member_size);
/* Fills buf, MD_SUPERBLOCK_SIZE bytes: member number `member`, all members active and in sync but those in `missing` (a bit a member). */
void md_superblock_make(const struct md_array *array, unsigned member, uint64_t member_size, uint32_t missing,
			void *buf);

/* Loads the driver where it is a module. -ENODEV: this kernel has no RAID 1. Changes nothing else. */
int md_ready(struct err *err) _must_check_;
/* Assembles the array from members that carry superblocks, and starts it: *ret_path "/dev/md127", malloc'd. A member that is missing is NULL. */
int md_start(const struct md_array *array, const char *const *members, unsigned n, char **ret_path,
	     struct err *err) _must_check_;
/* Which members does the running array use? A bit each, in md_start()'s order. */
int md_active(const char *path, const char *const *members, unsigned n, uint32_t *ret,
	      struct err *err) _must_check_;
int md_stop(const char *path, struct err *err) _must_check_;

#endif
