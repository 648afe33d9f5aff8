/* SPDX-License-Identifier: Apache-2.0 */
#include "efi/boot_next.h"

#include <stdbool.h>

#include "core/io.h"
#include "efi/vars.h"

static const struct efi_entry *first_of_kind(const struct efi_boot *boot, enum efi_entry_kind kind)
{
	for (unsigned i = 0; i < boot->n_order; i++) {
		for (unsigned k = 0; k < boot->n_entries; k++) {
			const struct efi_entry *entry = &boot->entries[k];

			if (entry->number == boot->order[i] && entry->number != boot->current &&
			    entry->kind == kind && entry->attributes & LOAD_OPTION_ACTIVE)
				return entry;
		}
	}
	return NULL;
}

/* A device may be an empty drive for media; a file was put there by a system that is installed. */
int efi_disk_entry(const struct efi_boot *boot, const struct efi_entry **ret, struct err *err)
{
	const struct efi_entry *entry =
		first_of_kind(boot, EFI_ENTRY_DISK_FILE) ?: first_of_kind(boot, EFI_ENTRY_DEVICE);

	if (!entry)
		return err_set(err, ENOENT, "the firmware's boot order names no disk");
	*ret = entry;
	return 0;
}

int efi_boot_next_set(const struct efi_entry *entry, struct err *err)
{
	const uint8_t wanted[2] = {(uint8_t)entry->number, (uint8_t)(entry->number >> 8)};
	_cleanup_free_ uint8_t *said = NULL;
	size_t len = 0;
	int r = var_write("BootNext", wanted, sizeof(wanted), err);

	if (r == 0)
		r = var_read("BootNext", &said, &len, err);
	if (r < 0)
		return r;
	if (len != sizeof(wanted) || said[0] != wanted[0] || said[1] != wanted[1])
		return err_set(err, EIO, "BootNext does not say what was written to it");
	return 0;
}

static bool is_good(const struct efi_entry *entry)
{
	return entry && entry->attributes & LOAD_OPTION_ACTIVE;
}

static int choose_way_back(const struct efi_boot *boot)
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
	int number = choose_way_back(boot), r = 0;

	if (number >= 0)
		r = efi_boot_next_set(efi_entry_find(boot, (uint16_t)number), err);
	if (r < 0)
		return r;
	*ret = number;
	return 0;
}
