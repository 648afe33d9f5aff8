/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A unified kernel image: kernel, initramfs and command line as sections of one EFI program, whose code is systemd's stub
 * (systemd-stub(7)). One signature covers all of it.
 */
#ifndef IMAGES_BOOT_UKI_H
#define IMAGES_BOOT_UKI_H

#include <stddef.h>

#include "core/err.h"

#define UKI_STUB     "/usr/lib/systemd/boot/efi/linuxx64.efi.stub"
#define UKI_STUB_MAX (4u << 20)   /* bytes */
#define UKI_MAX      (512u << 20) /* bytes */

struct uki_section {
	const char *name; /* ".linux", at most 8 bytes */
	const void *data;
	size_t len; /* bytes, at least 1 */
};

/*
 * Appends the sections to the stub, each at the next free page of memory. The stub is checked strictly: PE32+ EFI
 * application, sections within the file and in order, no signature, none of these names, nothing behind its last section but
 * COFF symbols (which are dropped). *ret is malloc'd. -EBADMSG: the stub is not so; -EFBIG: too large; -ENOSPC: the stub's
 * headers have no room for more sections.
 */
int uki_build(const void *stub, size_t stub_len, const struct uki_section *sections, unsigned n_sections,
	      void **ret, size_t *ret_len, struct err *err) _must_check_;

#endif
