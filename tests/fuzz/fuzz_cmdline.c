/* rooms: agent core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <string.h>

#include "agent/cmdline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char hint[HINT_SIZE];
	struct err err = {0};
	_cleanup_free_ char *text = strndup((const char *)data, size);

	if (!text)
		return 0;
	int r = cmdline_hint(text, hint, &err);
	if (!r && (strlen(hint) < HINT_MIN || strlen(hint) > HINT_MAX || !strstr(text, hint)))
		__builtin_trap();
	if (r && !err.text[0])
		__builtin_trap();
	r = cmdline_alone(text, &err);
	if (r > 1 || (r == 1 && !strstr(text, "remint.alone")))
		__builtin_trap();
	return 0;
}
