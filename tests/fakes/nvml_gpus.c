/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fakes/nvml_gpus.h"

#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include "core/io.h"

static char script[64], folder[PATH_MAX];
static const char *folders[] = {folder, NULL};
static struct gpu_host host = {.libraries = folders};

static void place(const char *kind)
{
	char self[PATH_MAX - 64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		abort();
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(folder, sizeof(folder), "%s/../fakes/nvml-%s", self, kind);
}

const struct gpu_host *nvml_gpus_start(const char *kind, const char *root)
{
	_cleanup_free_ char *text = NULL;
	struct err err;
	int fd;

	snprintf(script, sizeof(script), "/tmp/remint-nvml-XXXXXX");
	fd = mkstemp(script);
	if (fd < 0 || file_read("tests/fakes/nvml/h100.txt", 65536, &text, NULL, &err) < 0 ||
	    write_full(fd, text, strlen(text), &err) < 0 || close(fd) < 0 ||
	    setenv("NVML_FAKE", script, 1) < 0)
		abort();
	place(kind);
	host.root = root;
	return &host;
}

void nvml_gpus_say(const char *fmt, ...)
{
	FILE *file = fopen(script, "ae");
	va_list args;

	if (!file)
		abort();
	va_start(args, fmt);
	vfprintf(file, fmt, args);
	va_end(args);
	fputc('\n', file);
	fclose(file);
}

void nvml_gpus_stop(void)
{
	unlink(script);
}
