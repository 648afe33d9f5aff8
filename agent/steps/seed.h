/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cloud-init NoCloud seed: a volume labelled "cidata" that holds the order's three files. ISO 9660, but on a disk whose blocks are
 * larger than ISO 9660's 2048 bytes, where Linux mounts none, FAT12.
 */
#ifndef AGENT_STEPS_SEED_H
#define AGENT_STEPS_SEED_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define SEED_SIZE (4u << 20) /* bytes of its partition, and the most that the volume may have */

struct seed_file {
	const char *name; /* "user-data" */
	const char *text; /* NULL: the file is left out */
};

/* The volume in a block_buffer() of SEED_SIZE bytes, for a disk of that logical block size (512 to 4096 bytes). -EFBIG when the files do not
 * fit. */
int seed_make(const struct seed_file *files, unsigned n, uint32_t logical_block_size, void **ret,
	      struct err *err) _must_check_;

#endif
