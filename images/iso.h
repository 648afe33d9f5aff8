/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new ISO 9660 volume in memory that UEFI boots by El Torito. libarchive's writer knows no platform but the PC's BIOS and puts the time of
 * day into every volume; what is needed here is a handful of files in plain names.
 */
#ifndef IMAGES_ISO_H
#define IMAGES_ISO_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "core/err.h"

#define ISO_FILES_MAX   8
#define ISO_FOLDERS_MAX 8  /* the root directory included */
#define ISO_PATH_MAX    64 /* bytes of a path, with the NUL */

struct iso_file {
	const char
		*path; /* "NET.JSON", "EFI/BOOT/BOOTX64.EFI": A-Z, 0-9, _; a file's last name has one dot */
	const void *data;
	size_t len; /* bytes */
};

struct iso_volume {
	const char *label; /* at most 32 of A-Z, 0-9, _ */
	time_t made;       /* the time of everything in it */
	const struct iso_file *files;
	unsigned n_files;
	const void *efi; /* a FAT volume, whole sectors of 512 bytes: what UEFI starts from */
	size_t efi_len;
};

/* *ret is malloc'd, *ret_efi the offset of the FAT volume in bytes, which ends where the whole ends. -EINVAL: such names are not written. */
int iso_make(const struct iso_volume *volume, void **ret, size_t *ret_len, size_t *ret_efi,
	     struct err *err) _must_check_;

#endif
