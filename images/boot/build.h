/* SPDX-License-Identifier: Apache-2.0 */
/* Joins the generic part of the boot image with a site's part, and makes one EFI file of it. docs/boot-image.md */
#ifndef IMAGES_BOOT_BUILD_H
#define IMAGES_BOOT_BUILD_H

#include <stdbool.h>

#include "core/err.h"
#include "images/boot/measure.h"
#include "images/boot/site.h"

#define BOOT_KERNEL  "vmlinuz"
#define BOOT_GENERIC "generic.img" /* in the generic folder */
#define BOOT_INITRD  "initrd.img"  /* in the output */
#define BOOT_UKI     "remint.efi"
#define BOOT_JSON    "boot.json"

#define BOOT_CMDLINE_MAX 2047 /* bytes: the x86 kernel's COMMAND_LINE_SIZE without its NUL */

struct boot_build {
	const char *generic;     /* folder with BOOT_KERNEL and BOOT_GENERIC */
	const char *output;      /* folder, made when it is missing */
	struct site_config site; /* checked by boot_build() */
	bool uki;
	const char *stub;      /* of the UKI */
	const char *cmdline;   /* built into the UKI, as struct boot_uki has it */
	const char *sign_key;  /* PEM files for sbsign(1), for the UKI and iPXE; both or neither */
	const char *sign_cert; /* */
	const char *const *
		ipxe; /* files for images/boot/ipxe.h, at most one of each kind, ends with NULL; NULL: none */
	struct boot_policy policy;
};

/*
 * Writes BOOT_KERNEL, BOOT_INITRD, BOOT_UKI (when asked for; else one that is there is removed), iPXE and, last, BOOT_JSON with sizes,
 * SHA-256, versions and build time. The same input gives the same bytes, a signature aside. -EINVAL: the site part is wrong.
 */
int boot_build(const struct boot_build *build, struct err *err) _must_check_;

#endif
