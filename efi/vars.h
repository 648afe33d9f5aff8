/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UEFI variables of the global namespace (UEFI 2.10, 3.3), through libefivar, which also clears the immutable flag that
 * efivarfs sets. `name` is such as "BootOrder".
 */
#ifndef EFI_VARS_H
#define EFI_VARS_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define VAR_MAX (64u * 1024) /* bytes */

/* *ret is malloc'd. -ENOENT: there is none; -EFBIG: more than VAR_MAX. */
int var_read(const char *name, uint8_t **ret, size_t *ret_len, struct err *err) _must_check_;
/* Non-volatile, for boot and runtime. Writes nothing when it says that already: firmware limits the rate of writes. */
int var_write(const char *name, const void *data, size_t len, struct err *err) _must_check_;
/* Success when there is none. */
int var_delete(const char *name, struct err *err) _must_check_;

/* Calls fn with the number of each Boot#### variable, in no order. */
int var_each_boot(void (*fn)(uint16_t number, void *data), void *data, struct err *err) _must_check_;

#endif
