/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A GUID partition table in memory, read strictly (UEFI 2.10, 5.3): signature, revision, both CRCs, every range within the
 * buffer, no overlap. The table of a tenant image's first chunk, before anything of it is on a disk.
 */
#ifndef EFI_GPT_H
#define EFI_GPT_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define GPT_ENTRIES_MAX 1024u

struct gpt_partition {
	uint32_t number;      /* 1-based */
	char type[37];        /* lower case */
	char guid[37];        /* unique GUID, lower case */
	uint64_t start, size; /* logical blocks */
};

struct gpt {
	char disk[37];                      /* disk GUID, lower case */
	uint64_t first_usable, last_usable; /* logical blocks */
	uint64_t backup;                    /* logical block of the backup header */
	struct gpt_partition *partitions;   /* those in use, by number */
	unsigned n_partitions;
};

/* `disk` is the first len bytes of a disk. -EBADMSG: says what is wrong. */
int gpt_read(const void *disk, size_t len, uint32_t logical_block_size, struct gpt **ret,
	     struct err *err) _must_check_;
/* By unique GUID, in either case; NULL: none. */
const struct gpt_partition *gpt_find(const struct gpt *gpt, const char *guid);
void gpt_free(struct gpt *gpt);
DEFINE_CLEANUP(struct gpt *, gpt_free);

#endif
