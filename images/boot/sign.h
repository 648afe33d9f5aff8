/* SPDX-License-Identifier: Apache-2.0 */
/* Signs an EFI program for Secure Boot (UEFI 2.10, 32.5.3.3, Authenticode) by sbsign(1), as a child process. */
#ifndef IMAGES_BOOT_SIGN_H
#define IMAGES_BOOT_SIGN_H

#include <stddef.h>

#include "core/err.h"

/*
 * Writes an EFI program, replacing `path`, and signs it; key NULL: it is not signed. The key is a PEM file or in a token (core/key.h). When signing fails
 * nothing is left there, so that nobody takes it for a signed one. -ENOENT: sbsign is not installed.
 */
int sign_efi_write(const char *path, const void *bytes, size_t len, const char *key, const char *cert,
		   struct err *err) _must_check_;
/* Is the file signed by the key of this certificate? By sbverify(1). */
int sign_efi_check(const char *path, const char *cert, struct err *err) _must_check_;

#endif
