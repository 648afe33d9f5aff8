/* SPDX-License-Identifier: Apache-2.0 */
/* The one EFI file of a boot image, written and, where asked for, signed for Secure Boot. */
#ifndef IMAGES_BOOT_BOOT_UKI_H
#define IMAGES_BOOT_BOOT_UKI_H

#include <stddef.h>

#include "core/err.h"

struct boot_uki {
	const void *kernel, *initrd;
	size_t kernel_len, initrd_len; /* bytes */
	const char *stub;              /* file */
	const char *
		cmdline; /* built in, as boot_cmdline_make() completes it; NULL or "": none, and the stub takes the boot loader's */
	const char *sign_key, *sign_cert; /* PEM files for sbsign(1); both or neither */
};

/* Replaces `path`; when signing fails nothing is left there, so that nobody takes it for a signed one. */
int boot_uki_write(const struct boot_uki *uki, const char *path, struct err *err) _must_check_;
/* Signing needs both files, and a command line is what boot_cmdline_make() takes, printable ASCII of at most BOOT_CMDLINE_MAX bytes when it is complete. -EINVAL */
int boot_uki_check(const char *cmdline, const char *sign_key, const char *sign_cert,
		   struct err *err) _must_check_;

#endif
