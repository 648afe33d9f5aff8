/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/meminfo, see proc(5). */
#include <inttypes.h>
#include <string.h>

#include "agent/pipeline/memory.h"
#include "core/io.h"

uint64_t memory_available(void)
{
	_cleanup_free_ char *text = NULL;
	struct err err = {0};
	const char *line;
	uint64_t kib;

	if (file_read("/proc/meminfo", 64 * 1024, &text, NULL, &err) < 0)
		return 256ull << 20;
	line = strstr(text, "MemAvailable:");
	if (!line || sscanf(line, "MemAvailable: %" SCNu64, &kib) != 1)
		return 256ull << 20;
	return kib * 1024;
}
