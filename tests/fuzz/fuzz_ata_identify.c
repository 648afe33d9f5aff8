/* rooms: agent/hw core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The 512 bytes of IDENTIFY DEVICE: what is read from them can be written as JSON, and comes back from it. */
#include <stdint.h>
#include <string.h>

#include "agent/hw/ata/private.h"
#include "core/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ata_caps caps = {.sectors = 0}, back;
	_cleanup_json_ json_t *json = NULL, *again = NULL;
	struct err err = {0};

	if (size < ATA_BLOCK)
		return 0;
	for (unsigned i = 0; i < 256; i++)
		caps.id[i] = (uint16_t)(data[2 * i] | data[2 * i + 1] << 8);
	if (ata_caps_parse(&caps, &err) < 0)
		return 0;
	json = ata_caps_to_json(&caps);
	if (!json || ata_caps_from_json(json, &back, &err) < 0)
		__builtin_trap();
	again = ata_caps_to_json(&back);
	if (!json_equal(json, again) || ata_hidden_sectors(&back))
		__builtin_trap();
	return 0;
}
