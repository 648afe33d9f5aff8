/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <string.h>

#include "core/json.h"
#include "protocol/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_json_ json_t *json = NULL;
	struct err err = {0};
	_cleanup_(journal_entry_clear) struct journal_entry entry = {0}, again = {0};
	_cleanup_json_ json_t *back = NULL;

	if (json_parse(data, size, &json, &err) < 0 || journal_entry_from_json(json, &entry, &err) < 0)
		return 0;
	back = journal_entry_to_json(&entry);
	if (!back || journal_entry_from_json(back, &again, &err) < 0 || strcmp(again.drive, entry.drive) != 0)
		__builtin_trap();
	return 0;
}
