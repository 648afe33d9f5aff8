/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EFI_FOREIGN_TABLE_H
#define EFI_FOREIGN_TABLE_H

#include "efi/foreign.h"

struct efi_owned {
	const char *guid; /* text, lower case */
	const char *
		name; /* '#' stands for a hexadecimal digit of those that the specification allows, 0-9 and A-F; a '*' at the end for anything */
	enum efi_owner owner;
	const char *what;
	/* Looks at the value: NULL: as `owner` says; else why it is stale. NULL: not needed */
	const char *(*stale)(const struct efi_entries *entries, const uint8_t *value, size_t len);
};

/* NULL: the table has none. The first that fits. */
const struct efi_owned *efi_owned_find(const char *guid, const char *name);

#endif
