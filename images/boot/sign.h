/* SPDX-License-Identifier: Apache-2.0 */
/* Signs an EFI program for Secure Boot (UEFI 2.10, 32.5.3.3, Authenticode) by sbsign(1), as a child process. */
#ifndef IMAGES_BOOT_SIGN_H
#define IMAGES_BOOT_SIGN_H

#include "core/err.h"

/* Replaces the file. The key is a PEM file or in a token (core/key.h). -ENOENT: sbsign is not installed. */
int sign_efi(const char *path, const char *key, const char *cert, struct err *err) _must_check_;
/* Is the file signed by the key of this certificate? By sbverify(1). */
int sign_efi_check(const char *path, const char *cert, struct err *err) _must_check_;

#endif
