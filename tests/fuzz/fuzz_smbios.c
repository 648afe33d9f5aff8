/* rooms: agent/hw core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The first two bytes are the version, the rest is the structure table. */
#include <stdint.h>

#include "agent/hw/smbios/smbios.h"
#include "core/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_json_ json_t *json = NULL;
	struct err err;

	if (size < 2)
		return 0;
	if (smbios_parse(data + 2, size - 2, data[0] | (unsigned)data[1] << 8, &json, &err) == 0) {
		size_t len;
		char *text = json_canonical(json, &len); /* every string must be one that JSON can hold */

		if (!text)
			__builtin_trap();
		free(text);
	}
	return 0;
}
