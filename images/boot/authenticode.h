/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The digest of an EFI program that a signature covers and that firmware measures into PCR 4 ("Windows Authenticode Portable Executable
 * Signature Format", 2008, "Calculating the PE Image Hash"): all of the file but its checksum, its signature and where that is. A program has the
 * same digest before and after it was signed, when its length is a multiple of 8.
 */
#ifndef IMAGES_BOOT_AUTHENTICODE_H
#define IMAGES_BOOT_AUTHENTICODE_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/hash.h"

int authenticode_sha256(const void *bytes, size_t len, uint8_t digest[SHA256_SIZE],
			struct err *err) _must_check_; /* -EBADMSG */

#endif
