/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* A tenant's network and, behind a NUL, a machine's inventory. What is taken can be rendered, and has no line that the renderer did not mean. */
#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/network/network.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
	for (const char *c = text; *c; c++)
		if (*c != '\n' && (*c < 0x20 || *c > 0x7e || strchr("\\#&*!|>%@`'{}[]", *c)))
			__builtin_trap(); /* YAML of another kind */
	while (*text) {
		const char *end = strchr(text, '\n');
		unsigned quotes = 0;

		if (!end || end == text)
			__builtin_trap();
		for (; text < end; text++)
			quotes += *text == '"';
		if (quotes != 0 && quotes != 2)
			__builtin_trap();
		text = end + 1;
	}
}

static void use(const struct network *network, const json_t *inventory)
{
	_cleanup_json_ json_t *ports = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err = {0};
	size_t len;

	if (network_render(network, &text, &len, &err) < 0)
		__builtin_trap(); /* the reader has made sure of that */
	check_text(text);
	if (network_ports_find(network, inventory, &ports, &err) < 0 && !*err.text)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(network_freep) struct network *network = NULL;
	_cleanup_json_ json_t *json = NULL, *inventory = NULL;
	const uint8_t *end = memchr(data, 0, size);
	size_t len = end ? (size_t)(end - data) : size;
	struct err err = {0};

	if (end && json_parse(end + 1, size - len - 1, &inventory, &err) < 0)
		return 0;
	if (json_parse(data, len, &json, &err) < 0)
		return 0;
	if (network_from_json(json, &network, &err) < 0) {
		if (!*err.text)
			__builtin_trap();
		return 0;
	}
	use(network, inventory);
	return 0;
}
