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

#endif
