/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/local_disk.h"

#include "agent/hw/machine.h"
#include "core/log.h"
#include "efi/boot_next.h"

bool local_disk_next(void)
{
	_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL;
	const struct efi_entry *entry = NULL;
	struct err err = {0};
	int r;

	if (!firmware_is_uefi("")) {
		log_warn("BIOS cannot be told to start from the disk once: its boot order decides");
		return false;
	}
	r = efi_boot_read(&boot, &err);
	if (r == 0)
		r = efi_disk_entry(boot, &entry, &err);
	if (r == 0)
		r = efi_boot_next_set(entry, &err);
	if (r < 0 || !entry) {
		log_warn("starting from the disk: %s", err.text);
		return false;
	}
	log_info("the next boot is Boot%04X \"%s\"", entry->number, entry->description);
	return true;
}
