/* SPDX-License-Identifier: Apache-2.0 */
/* What packing needs of a disk's partition table. */
#ifndef IMAGES_GPT_H
#define IMAGES_GPT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

#define GPT_GUID_SIZE 37 /* with the NUL */

/*
 * Finds the EFI system partition in the disk behind fd (a file or a block device), read with that logical block size, and
 * gives its unique GUID in lower case. need_esp: the disk is to boot by UEFI, and no GPT, or not exactly one such partition, is
 * an error; without it a disk without GPT is allowed (*ret_guid is ""). A GPT made for another block size, or one
 * whose primary header is damaged, is refused in any case. -EINVAL says which.
 */
int gpt_find_esp(int fd, uint32_t logical_block_size, bool need_esp, char ret_guid[GPT_GUID_SIZE],
		 struct err *err) _must_check_;

#define GPT_BIOS_BOOT \
	"21686148-6449-6e6f-744e-656564454649" /* partition type: read by BIOS boot loaders alone */

struct gpt_part {
	unsigned number;
	uint64_t offset, size;    /* bytes */
	char type[GPT_GUID_SIZE]; /* lower case */
};

/* The partitions of a GPT in that block size. -EINVAL: there is none, or there are more than max. */
int gpt_parts(int fd, uint32_t logical_block_size, struct gpt_part *parts, unsigned max, unsigned *ret_n,
	      struct err *err) _must_check_;
/* 512 or 4096, whichever the GPT counts in. -EINVAL: there is none. */
int gpt_block_size(int fd, uint32_t *ret, struct err *err) _must_check_;

#endif
