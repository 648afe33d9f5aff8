/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/meminfo and /proc/self/status, see proc(5). */
#include "agent/pipeline/memory.h"

#include <inttypes.h>
#include <string.h>

#include "core/io.h"

/* The value of "KEY:   N kB" in bytes. */
static uint64_t read_kib(const char *path, const char *key, uint64_t otherwise)
{
	_cleanup_free_ char *text = NULL;
	struct err err = {0};
	const char *line;
	uint64_t kib;

	if (file_read(path, 64 * 1024, &text, NULL, &err) < 0)
		return otherwise;
	line = strstr(text, key);
	return line && sscanf(line + strlen(key), ": %" SCNu64, &kib) == 1 ? kib * 1024 : otherwise;
}

uint64_t memory_available(void)
{
	return read_kib("/proc/meminfo", "MemAvailable", 256ull << 20);
}

uint64_t memory_peak(void)
{
	return read_kib("/proc/self/status", "VmHWM", 0);
}
