/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fakes/nvml/fake.h"

#define HANDLES 0x1000 /* the first GPU's */

static bool find(const char *key, char text[256])
{
	const char *path = getenv("NVML_FAKE");
	FILE *file = path ? fopen(path, "re") : NULL;
	size_t len = strlen(key);
	bool found = false;
	char line[400];

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, key, len) != 0 || (line[len] && line[len] != ' '))
			continue;
		snprintf(text, 256, "%s", line[len] ? line + len + 1 : "");
		found = true;
	}
	if (file)
		fclose(file);
	return found;
}

bool fake_text(int gpu, const char *key, char text[256])
{
	char full[128];

	if (gpu < 0)
		return find(key, text);
	snprintf(full, sizeof(full), "%d.%s", gpu, key);
	if (find(full, text))
		return true;
	snprintf(full, sizeof(full), "*.%s", key);
	return find(full, text);
}

unsigned fake_numbers(int gpu, const char *key, unsigned long long list[FAKE_NUMBERS])
{
	char text[256], *at = text, *end;
	unsigned n = 0;

	if (!fake_text(gpu, key, text))
		return 0;
	for (; n < FAKE_NUMBERS; n++, at = end) {
		list[n] = strtoull(at, &end, 0);
		if (end == at)
			break;
	}
	return n;
}

void fake_write(int gpu, const char *key, const char *fmt, ...)
{
	FILE *file = fopen(getenv("NVML_FAKE"), "ae");
	va_list args;

	if (!file)
		abort();
	fprintf(file, "%d.%s ", gpu, key);
	va_start(args, fmt);
	vfprintf(file, fmt, args);
	va_end(args);
	fputc('\n', file);
	fclose(file);
}

int fake_trouble(int gpu, const char *call)
{
	char text[256];

	if (!fake_text(gpu, call, text) && (gpu < 0 || !fake_text(gpu, "all", text)))
		return NVML_SUCCESS;
	if (!strcmp(text, "hang"))
		for (;;)
			pause();
	if (!strcmp(text, "crash"))
		abort();
	return !strcmp(text, "lie") ? NVML_SUCCESS : (int)strtol(text, NULL, 10);
}

bool fake_lies(int gpu, const char *call)
{
	char text[256];

	return fake_text(gpu, call, text) && !strcmp(text, "lie");
}

int fake_gpu(const struct nvmlDevice_st *device)
{
	return (int)((uintptr_t)device - HANDLES);
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, struct nvmlDevice_st **device)
{
	*device = (struct nvmlDevice_st *)(uintptr_t)(HANDLES + index);
	return fake_trouble((int)index, "DeviceGetHandleByIndex");
}

int fake_get(const struct nvmlDevice_st *device, const char *call, const char *key, unsigned *a, unsigned *b)
{
	unsigned long long list[FAKE_NUMBERS];
	int gpu = fake_gpu(device), result = fake_trouble(gpu, call);

	if (result != NVML_SUCCESS)
		return result;
	if (fake_numbers(gpu, key, list) < (b ? 2 : 1))
		return NVML_ERROR_NOT_SUPPORTED;
	*a = (unsigned)list[0];
	if (b)
		*b = (unsigned)list[1];
	return NVML_SUCCESS;
}

int fake_get_text(int gpu, const char *call, const char *key, char *text, unsigned length)
{
	int result = fake_trouble(gpu, call);
	char value[256];

	if (result != NVML_SUCCESS)
		return result;
	if (!fake_text(gpu, key, value))
		return NVML_ERROR_NOT_SUPPORTED;
	if (!strcmp(value, "!endless"))
		memset(text, 'A', length);
	else
		snprintf(text, length, "%s", value);
	return NVML_SUCCESS;
}

int fake_set(const struct nvmlDevice_st *device, const char *call, const char *key, unsigned value)
{
	int gpu = fake_gpu(device), result = fake_trouble(gpu, call);
	char text[256];

	if (result != NVML_SUCCESS)
		return result;
	if (!fake_text(gpu, key, text))
		return NVML_ERROR_NOT_SUPPORTED;
	if (!fake_lies(gpu, call))
		fake_write(gpu, key, "%u", value);
	return NVML_SUCCESS;
}
