/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* A class and, behind a NUL, an inventory; then the class that is captured from that inventory. */
#include <string.h>

#include "core/json.h"
#include "protocol/class/class.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(json_t *json, const json_t *inventory)
{
	_cleanup_(class_freep) struct class *class = NULL;
	_cleanup_json_ json_t *found = NULL;
	struct err err;

	if (class_from_json(json, &class, &err) < 0)
		return;
	found = class_compare(class, inventory);
	for (size_t i = 0; i < json_array_size(found); i++)
		if (!json_is_string(json_object_get(json_array_get(found, i), "text")))
			__builtin_trap(); /* a difference without words */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_json_ json_t *class = NULL, *inventory = NULL, *captured = NULL;
	const uint8_t *end = memchr(data, 0, size);
	size_t len = end ? (size_t)(end - data) : size;
	struct err err;

	if (end && json_parse(end + 1, size - len - 1, &inventory, &err) < 0)
		return 0;
	if (json_parse(data, len, &class, &err) == 0)
		compare(class, inventory);
	if (class_capture(inventory, "captured", &captured, &err) == 0)
		compare(captured, inventory);
	return 0;
}
