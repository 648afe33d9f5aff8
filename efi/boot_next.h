/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One start from the machine's disk, or from where this one came, whatever comes first in BootOrder (UEFI 2.10, 3.1.1, BootNext). Where that entry does not
 * start, the firmware goes on with BootOrder.
 */
#ifndef EFI_BOOT_NEXT_H
#define EFI_BOOT_NEXT_H

#include <stdint.h>

#include "core/err.h"
#include "efi/bootorder.h"

/*
 * Pure: the entry that starts the disk. Of the active entries in BootOrder, but for the one that has started us: the first that names a file on a disk, else the
 * first that names a device. -ENOENT: there is none.
 */
int efi_disk_entry(const struct efi_boot *boot, const struct efi_entry **ret, struct err *err) _must_check_;

/* Sets BootNext to the entry, and reads it back. */
int efi_boot_next_set(const struct efi_entry *entry, struct err *err) _must_check_;
/* Sets BootNext to the entry by which this boot came, else to the first active network entry: *ret is its number, -1 when there is neither. */
int efi_come_back(const struct efi_boot *boot, int *ret, struct err *err) _must_check_;

#endif
