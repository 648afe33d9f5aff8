/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a disk's contents suit disks of 512 and of 4096 bytes a block. docs/image-format.md, "Block sizes". */
#ifndef IMAGES_SUITS_H
#define IMAGES_SUITS_H

#include <stdint.h>

#include "core/err.h"

/* fd: a disk of `size` bytes with a GPT in that block size. -EINVAL lists each partition that does not, with the reason. */
int suits_any_block(int fd, uint32_t logical_block_size, uint64_t size, struct err *err) _must_check_;

#endif
