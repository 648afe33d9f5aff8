/* SPDX-License-Identifier: Apache-2.0 */
/* A device path (UEFI 2.10, 10.3) of a boot entry: whether it is sound, what kind of thing it names, and its text. */
#ifndef EFI_DEVPATH_H
#define EFI_DEVPATH_H

#include <stddef.h>
#include <stdint.h>

#include "efi/bootorder.h"

/* Sets kind, path and partition of *entry from the first path in bytes[0..len), which must end within. An unknown sort of
 * node is no error, but then there is no text. -EBADMSG says what is wrong. */
int devpath_describe(const uint8_t *bytes, size_t len, struct efi_entry *entry, struct err *err) _must_check_;

#endif
