/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the EFI_LOAD_OPTION of a wish, by libefiboot. */
#ifndef EFI_OPTION_H
#define EFI_OPTION_H

#include "efi/bootorder.h"

/* *ret is malloc'd. */
int efi_option_make(const struct efi_wish *wish, uint8_t **ret, size_t *ret_len,
		    struct err *err) _must_check_;

#endif
