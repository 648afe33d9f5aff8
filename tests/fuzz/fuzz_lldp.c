/* rooms: agent/hw core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Frames as a neighbour sends them, the Ethernet header left out: each has its length in two bytes before it. */
#include <string.h>

#include "agent/hw/lldp/spec.h"
#include "agent/hw/lldp/table.h"
#include "core/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(struct lldp_table *table, const uint8_t *data, size_t len)
{
	uint8_t *frame = malloc(14 + len); /* an exact one, so that a read past the end is seen */

	if (!frame)
		abort();
	memcpy(frame, lldp_groups[len % 3], 6);
	memset(frame + 6, 2, 6);
	frame[12] = LLDP_ETHERTYPE >> 8;
	frame[13] = LLDP_ETHERTYPE & 0xff;
	if (len)
		memcpy(frame + 14, data, len);
	lldp_table_take(table, frame, 14 + len);
	free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_json_ json_t *json = json_object();
	struct lldp_table table = {0};
	char *text;

	while (size >= 2) {
		size_t len = (size_t)data[0] << 8 | data[1];

		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		take(&table, data, len);
		data += len;
		size -= len;
	}
	for (unsigned i = 0; i < table.n_heard; i++)
		if (!table.heard[i].ttl_s || !table.heard[i].chassis.len || !table.heard[i].port.len)
			__builtin_trap();
	if (table.n_heard > LLDP_NEIGHBOURS_MAX)
		__builtin_trap();
	lldp_table_to_json(&table, json);
	text = json_canonical(json, NULL); /* every string must be one that JSON can hold */
	if (!text)
		__builtin_trap();
	free(text);
	return 0;
}
