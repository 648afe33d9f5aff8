/* SPDX-License-Identifier: Apache-2.0 */
/* Looks into a unified kernel image that somebody has made: its sections, and whether it is signed. */
#ifndef IMAGES_BOOT_UKI_SECTION_H
#define IMAGES_BOOT_UKI_SECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

/* Borrowed from `uki`; *ret NULL when it has no such section. -EBADMSG: it is no EFI program. */
int uki_section(const void *uki, size_t len, const char *name, const void **ret, size_t *ret_len,
		struct err *err) _must_check_;

/* Has it a signature? By whom, and over what, is not asked. -EBADMSG as above. */
int uki_is_signed(const void *uki, size_t len, bool *ret, struct err *err) _must_check_;

#endif
