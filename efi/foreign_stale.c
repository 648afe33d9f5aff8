/* SPDX-License-Identifier: Apache-2.0 */
#include "efi/foreign_stale.h"

#define TIMEOUT_MAX 300 /* seconds */

const char *stale_program(const struct efi_entries *entries, const uint8_t *value, size_t len)
{
	struct efi_entry entry;
	struct err none = {0};
	const char *why = NULL;

	(void)entries;
	if (efi_entry_parse(0, value, len, &entry, &none) < 0)
		return "a program that runs before a system boots, and cannot be read";
	if (entry.kind != EFI_ENTRY_FIRMWARE)
		why = "a program that runs before a system boots, from outside the firmware";
	else if (!efi_data_is_mark(&entry))
		why = "a program that runs before a system boots, with load options";
	efi_entry_clear(&entry);
	return why;
}

/* UEFI 2.10, 3.1.6, EFI_KEY_OPTION: key data (32 bits), CRC of the boot entry (32 bits), its number (16 bits), keys. */
const char *stale_key(const struct efi_entries *entries, const uint8_t *value, size_t len)
{
	const struct efi_entry *entry = NULL;

	if (len < 10)
		return "a hot key that cannot be read";
	if (entries)
		entry = efi_entry_find(entries->boot, (uint16_t)(value[8] | value[9] << 8));
	if (!entry || entries->fates[entry - entries->boot->entries].kind != EFI_STAYS)
		return "a hot key for an entry that is not there, or does not stay as it is";
	return NULL;
}

const char *stale_timeout(const struct efi_entries *entries, const uint8_t *value, size_t len)
{
	(void)entries;
	if (len != 2)
		return "a timeout that cannot be read";
	return (value[0] | value[1] << 8) > TIMEOUT_MAX ? "a boot menu that waits for a person" : NULL;
}

const char *stale_request(const struct efi_entries *entries, const uint8_t *value, size_t len)
{
	(void)entries;
	for (size_t i = 0; i < len; i++)
		if (value[i])
			return "a request to the firmware for its next start";
	return NULL;
}
