/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <string.h>

#include "core/json.h"
#include "protocol/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_json_ json_t *json = NULL;
	struct err err = {0};
	_cleanup_json_ json_t *back = NULL;
	struct event event, again;

	if (json_parse(data, size, &json, &err) < 0 || event_from_json(json, &event, &err) < 0)
		return 0;
	back = event_to_json(&event);
	if (!back || event_from_json(back, &again, &err) < 0 || again.seq != event.seq ||
	    again.kind != event.kind || strcmp(again.text, event.text) != 0)
		__builtin_trap();
	return 0;
}
