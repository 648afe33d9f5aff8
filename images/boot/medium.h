/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bootable ISO for a management controller's virtual media, a CD or a USB stick: the signed EFI file, and beside it the networks of the
 * machines, which are not signed. docs/boot-media.md
 */
#ifndef IMAGES_BOOT_MEDIUM_H
#define IMAGES_BOOT_MEDIUM_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

#define MEDIUM_LABEL "REMINT"               /* of the ISO 9660 volume: what the agent looks for */
#define MEDIUM_NET   "NET.JSON"             /* in its root directory */
#define MEDIUM_UKI   "EFI/BOOT/BOOTX64.EFI" /* UEFI 2.10, 3.5.1.1 */

struct medium {
	const char *boot;    /* folder that boot_build() has written, with BOOT_UKI in it */
	const char *network; /* file; NULL: DHCP, or what the built-in command line says */
	const char *output;  /* file */
};

/* What was put there, for whoever asked for it. */
struct medium_made {
	size_t size; /* bytes of the ISO */
	bool is_signed;
	unsigned machines; /* 0: no network */
};

/*
 * Refuses what would not come up: no EFI file, none of a sound command line, a network that is not valid, and a network without
 * remint.net=medium on the built-in command line or the other way round. The same input gives the same bytes.
 */
int medium_make(const struct medium *medium, struct medium_made *ret, struct err *err) _must_check_;

#endif
