/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose is each UEFI variable? A const table says it of those that it knows, by GUID and name; what it does not know is foreign, and told.
 * docs/firmware.md, "Variables"
 */
#ifndef EFI_FOREIGN_H
#define EFI_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "efi/bootorder.h"
#include "efi/fate.h"

enum efi_owner {
	EFI_OWNER_FIRMWARE,
	EFI_OWNER_KEYS,     /* Secure Boot's databases: not a matter of this list */
	EFI_OWNER_VOLATILE, /* gone with the next reset, whoever made it */
	EFI_OWNER_STALE, /* what a former tenant left for the firmware to act upon, or his kernel's dump: goes in any case */
	EFI_OWNER_TENANT, /* an operating system's or its boot loader's */
	EFI_OWNER_UNKNOWN,
};

struct efi_variable {
	uint8_t guid[16];
	char *name; /* as the kernel gives it, owned; anybody's text */
	size_t size;
	uint32_t attributes;
	enum efi_owner owner;
	const char *why; /* literal text: what it is, or why it goes; NULL where the table does not know it */
};

struct efi_variables {
	struct efi_variable *list;
	unsigned n;
	unsigned hidden; /* names that were listed, and could not be looked at */
};

/* What the judging of Key#### rests on: the boot entries and what becomes of them. */
struct efi_entries {
	const struct efi_boot *boot;
	const struct efi_fate *fates;
};

/* Reads all that the running system is shown. Variables for boot services alone are not. */
int efi_variables_read(const struct efi_entries *entries, struct efi_variables **ret,
		       struct err *err) _must_check_;
void efi_variables_free(struct efi_variables *variables);
DEFINE_CLEANUP(struct efi_variables *, efi_variables_free);

/*
 * Pure: sets owner and why of *variable, whose guid, name, size and attributes are filled. `value` has its first len bytes, and is needed of those of
 * which efi_variable_wants_value().
 */
void efi_variable_judge(struct efi_variable *variable, const struct efi_entries *entries,
			const uint8_t *value, size_t len);
bool efi_variable_wants_value(const struct efi_variable *variable);

/* "MokNew-605dab50-e046-4300-abb6-3dd810dd8b23", with '?' for what is not printable ASCII. malloc'd. */
char *efi_variable_title(const struct efi_variable *variable) _must_check_;

/* Rewrites DriverOrder and SysPrepOrder without the numbers of entries that are not there any more. */
int efi_tidy_orders(struct err *err) _must_check_;

#endif
