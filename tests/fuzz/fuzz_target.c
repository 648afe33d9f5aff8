/* rooms: station images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* A request target, and the same bytes as a Range. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "station/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xcalloc(1, size + 1);
	uint64_t first, len, whole = size ? (uint64_t)data[0] << (data[0] % 50) : 0;
	struct target t;

	memcpy(text, data, size);
	target_parse(text, &t);
	for (unsigned i = 0; i < t.n_args; i++) {
		for (const char *p = t.args[i].value; *p; p++) {
			if (*p < 0x20 || *p > 0x7e)
				abort();
		}
	}
	target_clear(&t);
	if (range_parse(text, whole, &first, &len) == RANGE_PART &&
	    (len == 0 || first >= whole || len > whole - first))
		abort();
	return 0;
}
