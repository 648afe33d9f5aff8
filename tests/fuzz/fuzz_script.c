/* rooms: station images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a value holds, the script keeps its lines and words, and nothing is expanded. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "station/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xcalloc(1, size + 1), *made = NULL;
	const struct script_value values[] = {{"X", text, NULL}, {"W", text, "console="}, {NULL, NULL, NULL}};
	struct err err = {0};
	size_t spaces = 0;

	memcpy(text, data, size);
	if (script_make("a @X@ b@W@\n", values, &made, &err) < 0)
		abort();
	for (const char *p = made; *p; p++) {
		if ((unsigned char)*p < 0x20 && !(*p == '\n' && !p[1]))
			abort();
		spaces += *p == ' ' && strncmp(p, " console=", 9) != 0;
	}
	if (spaces != 2 || strpbrk(made, "${}|&;#\"'\\") || strncmp(made, "a -", 3) == 0)
		abort();
	return 0;
}
