/* SPDX-License-Identifier: Apache-2.0 */
/* A new FAT12 or FAT16 volume in memory, of files that are known in advance. No dosfstools and no mtools are needed for one. */
#ifndef IMAGES_FAT_H
#define IMAGES_FAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define FAT_FOLDERS_MAX 8  /* of a volume, the root directory included */
#define FAT_NAME_MAX    64 /* bytes of a path */

struct fat_file {
	const char *
		path; /* "order.json", "EFI/BOOT/BOOTX64.EFI": printable ASCII; folders are made as they are named */
	const void *data;
	size_t len; /* bytes */
	bool read_only;
};

struct fat_format {
	const char *label;    /* at most 11 characters, upper case */
	uint64_t size;        /* bytes of the volume, whole sectors */
	uint32_t sector;      /* bytes: 512 to 4096 */
	uint32_t per_cluster; /* sectors, a power of two */
	uint16_t root_entries;
	uint32_t hidden; /* sectors before the volume on its disk */
	uint32_t serial; /* of the volume; 0: a random one */
};

/*
 * volume: format->size zero bytes. FAT12 or FAT16 by the number of clusters, as readers tell them apart. -EFBIG: the files do not
 * fit; -EINVAL: no such volume or name.
 */
int fat_fill(const struct fat_format *format, const struct fat_file *files, unsigned n, uint8_t *volume,
	     struct err *err) _must_check_;

#endif
