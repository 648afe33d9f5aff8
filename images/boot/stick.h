/* SPDX-License-Identifier: Apache-2.0 */
/* A boot medium for stand-alone use: the files that go onto a FAT stick, and a whole stick's image of them. docs/standalone.md */
#ifndef IMAGES_BOOT_STICK_H
#define IMAGES_BOOT_STICK_H

#include <stddef.h>

#include "core/err.h"

#define STICK_UKI \
	"EFI/BOOT/BOOTX64.EFI" /* UEFI 2.10, 3.5.1.1: what removable media boot without any setting */
#define STICK_ORDER     "order.json"
#define STICK_SIGNATURE "order.json.p7s"

struct stick {
	const char *boot;                 /* folder that boot_build() has written */
	const char *stub;                 /* of the UKI */
	const char *cmdline;              /* built in; says that the agent is alone */
	const char *sign_key, *sign_cert; /* for Secure Boot, PEM; both or neither */
	const void *order, *signature;    /* the files' bytes */
	size_t order_len, signature_len;
	const char *output; /* folder of the files, made when it is missing */
	const char *image;  /* file; NULL: no image */
};

/* The image has the label that the agent looks for (agent/hw/block/stick.h); a folder is copied onto a stick that has it. */
int stick_make(const struct stick *stick, struct err *err) _must_check_;

#endif
