/* rooms: efi core */
/* SPDX-License-Identifier: Apache-2.0 */
/* An EFI_LOAD_OPTION that a former tenant left in the firmware. */
#include <stdint.h>

#include "efi/bootorder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct efi_entry entry;
	struct err err = {0};

	if (efi_entry_parse(1, data, size, &entry, &err) == 0)
		efi_entry_clear(&entry);
	return 0;
}
