/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UEFI variables through libefivar, which also clears the immutable flag that efivarfs sets. `name` is such as "BootOrder"; without a
 * GUID it is one of the global namespace (UEFI 2.10, 3.3).
 */
#ifndef EFI_VARS_H
#define EFI_VARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define VAR_MAX (64u * 1024) /* bytes */

/* *ret is malloc'd, *ret_attributes EFI_VARIABLE_* (8.2). -ENOENT: there is none; -EFBIG: more than VAR_MAX. */
int var_read_in(const uint8_t guid[16], const char *name, uint8_t **ret, size_t *ret_len,
		uint32_t *ret_attributes, struct err *err) _must_check_;
/* The same, for what need not be there: 1: it is; 0: it is not, and nothing is returned. */
int var_find_in(const uint8_t guid[16], const char *name, uint8_t **ret, size_t *ret_len,
		uint32_t *ret_attributes, struct err *err) _must_check_;
/* Writes in any case. -ENOSPC: the store is full; -EROFS, -EPERM, -EACCES: the firmware protects it. */
int var_write_in(const uint8_t guid[16], const char *name, const void *data, size_t len, uint32_t attributes,
		 struct err *err) _must_check_;
/* Bytes of its value, and its attributes; nothing of the value is kept. */
int var_stat_in(const uint8_t guid[16], const char *name, size_t *ret_size, uint32_t *ret_attributes,
		struct err *err) _must_check_;
/* Is this what the firmware answers where it protects a variable? */
bool var_is_refused(int r);

struct var_space {
	unsigned variables;
	size_t bytes; /* values and names; what the firmware keeps beside them is not seen */
};
int var_space(struct var_space *ret, struct err *err) _must_check_;

/* Success when there is none. */
int var_delete_in(const uint8_t guid[16], const char *name, struct err *err) _must_check_;
/* Calls fn for each variable, in no order; fn changes none. */
int var_each(void (*fn)(const uint8_t guid[16], const char *name, void *data), void *data,
	     struct err *err) _must_check_;

/* *ret is malloc'd. -ENOENT: there is none; -EFBIG: more than VAR_MAX. */
int var_read(const char *name, uint8_t **ret, size_t *ret_len, struct err *err) _must_check_;
/* Non-volatile, for boot and runtime. Writes nothing when it says that already: firmware limits the rate of writes. */
int var_write(const char *name, const void *data, size_t len, struct err *err) _must_check_;
/* Success when there is none. */
int var_delete(const char *name, struct err *err) _must_check_;

/* Calls fn with the number of each Boot#### variable, in no order. */
int var_each_boot(void (*fn)(uint16_t number, void *data), void *data, struct err *err) _must_check_;

#endif
