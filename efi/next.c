/* SPDX-License-Identifier: Apache-2.0 */
/* BootNext: one boot back to where this one came from, without a change of the order. */
#include "efi/bootorder.h"
#include "efi/vars.h"

static bool is_good(const struct efi_entry *entry)
{
	return entry && entry->attributes & LOAD_OPTION_ACTIVE;
}

static int choose(const struct efi_boot *boot)
{
	if (boot->current >= 0 && is_good(efi_entry_find(boot, (uint16_t)boot->current)))
		return boot->current;
	for (unsigned i = 0; i < boot->n_order; i++) {
		const struct efi_entry *entry = efi_entry_find(boot, boot->order[i]);

		if (is_good(entry) && entry->kind == EFI_ENTRY_NETWORK)
			return boot->order[i];
	}
	return -1;
}

int efi_come_back(const struct efi_boot *boot, int *ret, struct err *err)
{
	int number = choose(boot), r = 0;

	if (number >= 0) {
		const uint8_t bytes[2] = {(uint8_t)number, (uint8_t)(number >> 8)};

		r = var_write("BootNext", bytes, sizeof(bytes), err);
	}
	if (r < 0)
		return r;
	*ret = number;
	return 0;
}
