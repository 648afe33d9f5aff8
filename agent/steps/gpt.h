/* SPDX-License-Identifier: Apache-2.0 */
/* Fitting an image's GPT to the disk it lies on, and adding a partition for the seed; in memory. */
#ifndef AGENT_STEPS_GPT_H
#define AGENT_STEPS_GPT_H

#include <stdint.h>

#include "core/err.h"

/* Where things go at the end of a disk: seed partition, then the backup GPT in what is left (1 to 2 MiB). */
struct gpt_tail {
	uint64_t seed_offset, seed_size; /* bytes, multiples of 1 MiB */
	uint64_t offset, size;           /* bytes: from the seed's end to the disk's */
};

#define GPT_ALIGN (UINT64_C(1) << 20) /* bytes */

/* -ENOSPC, with the numbers, when the seed would begin before `image_size`. */
int gpt_tail_place(uint64_t disk_size, uint64_t image_size, uint64_t seed_size, struct gpt_tail *ret,
		   struct err *err) _must_check_;

struct gpt_fitted {
	void *tail;              /* block_buffer() of gpt_tail.size bytes: zeros and the backup GPT */
	unsigned partition;      /* number of the seed's partition, from 1 */
	char partition_guid[37]; /* lower case */
};

/*
 * Patches first[0..len), the disk's beginning, which must hold the protective MBR and the whole primary GPT: the headers' and the MBR's
 * idea of the disk's size, and one entry, "cidata", that was free. Nothing else may change, and that is checked: neither the boot
 * code nor any other partition. -EMEDIUMTYPE: there is no valid GPT.
 */
int gpt_fit(void *first, uint32_t len, uint64_t disk_size, uint32_t logical_block_size,
	    const struct gpt_tail *tail, struct gpt_fitted *ret, struct err *err) _must_check_;

/*
 * Lays the GPT in first[0..len), the disk's beginning, which counts in blocks of `from` bytes, out anew for a disk of disk_size bytes in
 * blocks of `to`: same GUIDs, types, names, attributes and byte offsets; the MBR becomes a plain protective one, its boot code kept only
 * if `to` is 512. *first (malloc'd) is replaced by a block_buffer() of the same length, or left as it is on failure. -EBADMSG:
 * there is no valid GPT; -EINVAL: a partition does not lie on whole blocks; -ENOSPC: the disk is too small.
 */
int gpt_reblock(void **first, uint32_t *len, uint32_t from, uint32_t to, uint64_t disk_size,
		struct err *err) _must_check_;

#endif
