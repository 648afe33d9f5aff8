/* SPDX-License-Identifier: Apache-2.0 */
/* The seed as a FAT volume: for disks whose blocks are larger than those of ISO 9660. */
#ifndef AGENT_STEPS_SEED_FAT_H
#define AGENT_STEPS_SEED_FAT_H

#include "agent/steps/seed.h"

/* volume: SEED_SIZE zero bytes; block: 2048 or 4096 bytes, the volume's sectors. -EFBIG when the files do not fit. */
int seed_fat_fill(const struct seed_file *files, unsigned n, uint32_t block, uint8_t *volume,
		  struct err *err) _must_check_;

#endif
