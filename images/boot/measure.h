/* SPDX-License-Identifier: Apache-2.0 */
/* What a boot image will leave in a TPM's PCRs, computed from its files. docs/measured-boot.md */
#ifndef IMAGES_BOOT_MEASURE_H
#define IMAGES_BOOT_MEASURE_H

#include <stdbool.h>

#include "core/err.h"
#include "protocol/measured/measured.h"

/* What may run before a boot image; the policy of whoever builds it. */
struct boot_policy {
	const char *const *
		loaders; /* files of EFI applications such as ipxe.efi, signed or not; NULL-terminated, or NULL */
	bool any_loader;  /* others are named in the verdict only */
	bool secure_boot; /* machines without it do not pass */
};

struct boot_files {
	const void *kernel, *initrd, *uki; /* uki: NULL where there is none */
	size_t kernel_len, initrd_len, uki_len;
	const char *version; /* of the boot image, in words */
};

/*
 * Without loaders and policy, which boot_measure_policy() adds. A UKI whose stub is not systemd's 252 is left out, because what such a stub
 * measures is not known: has_uki is then false. -EBADMSG: a file is no EFI program, or the EFI file does not hold this kernel and initramfs.
 */
int boot_measure(const struct boot_files *files, struct measured *ret, struct err *err) _must_check_;
/* Lets the EFI application in this file come before the boot image. -E2BIG: more than there may be. */
int boot_measure_loader(const char *path, struct measured *m, struct err *err) _must_check_;
int boot_measure_policy(const struct boot_policy *policy, struct measured *m, struct err *err) _must_check_;

/* The expected values that a folder's boot.json has. -ENODATA: it has none, as that of an older version. */
int boot_measured_read(const char *folder, struct measured *ret, struct err *err) _must_check_;
/* The same values computed anew from the folder's files; version and policy as boot.json has them. */
int boot_measure_folder(const char *folder, struct measured *ret, struct err *err) _must_check_;

#endif
