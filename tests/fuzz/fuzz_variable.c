/* rooms: efi core */
/* SPDX-License-Identifier: Apache-2.0 */
/* A UEFI variable that a former tenant left: 16 bytes of GUID, a name that a NUL ends, then the value. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "efi/foreign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct efi_variable variable = {.attributes = 7};
	struct efi_entry entry = {.number = 1};
	const struct efi_boot boot = {.entries = &entry, .n_entries = 1};
	const struct efi_fate fate = {EFI_STAYS, NULL};
	size_t name_len = size > 16 ? strnlen((const char *)data + 16, size - 16) : 0;

	if (size < 17 || name_len == size - 16)
		return 0;
	memcpy(variable.guid, data, 16);
	variable.name = xstrdup((const char *)data + 16);
	variable.size = size - 17 - name_len;
	efi_variable_judge(&variable, &(struct efi_entries){&boot, &fate}, data + 17 + name_len,
			   variable.size);
	_cleanup_free_ char *title = efi_variable_title(&variable);
	if (strlen(title) != name_len + 37)
		__builtin_trap();
	free(variable.name);
	return 0;
}
