/* SPDX-License-Identifier: Apache-2.0 */
/* What a card has counted of its own errors: the kernel's Documentation/gpu/amdgpu/ras.rst. */
#include <stdlib.h>
#include <string.h>

#include "agent/gpu/amdgpu.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"

#define SUFFIX    "_err_count"
#define BLOCKS    64          /* of a card that count errors, at most */
#define PAGES_MAX (64 * 1024) /* bytes of the list of bad pages that are read */

static void add_fault(json_t *look, const char *what, char *text)
{
	json_t *faults = json_object_get(look, "faults");

	if (json_array_size(faults) < GPU_FAULTS_MAX)
		json_array_append_new(faults, json_pack("{ss ss}", "what", what, "text", text));
	free(text);
}

/* "ue: 0\nce: 3\n", and further ones of newer kernels. False: there is no such number. */
static bool counter(const char *text, const char *key, uint64_t *ret)
{
	const char *line = text;
	size_t len = strlen(key);
	char *end;

	for (; line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
		if (!strncmp(line, key, len) && line[len] == ':') {
			*ret = strtoull(line + len + 1, &end, 10);
			return end != line + len + 1 && *ret < INT64_MAX;
		}
	return false;
}

static void read_block(const struct gpu_host *host, const struct gpu *gpu, const char *name, json_t *look,
		       json_t *ras)
{
	char text[256], block[32];
	size_t n = sysfs_bytes(text, sizeof(text) - 1, AMDGPU_DEVICE "/ras/%s", host->root, gpu->pci, name);
	uint64_t uncorrected = 0, corrected = 0;

	text[n] = '\0';
	snprintf(block, sizeof(block), "%.*s", (int)(strlen(name) - strlen(SUFFIX)), name);
	if (!counter(text, "ue", &uncorrected) || !counter(text, "ce", &corrected)) {
		char why[96];

		snprintf(why, sizeof(why), "errors of %s: the driver's counters make no sense", block);
		json_array_append_new(json_object_get(look, "unknown"), json_string(why));
		return;
	}
	json_object_set_new(ras, block,
			    json_pack("{sI sI}", "uncorrected", (json_int_t)uncorrected, "corrected",
				      (json_int_t)corrected));
	if (uncorrected)
		add_fault(look, "ras",
			  str_printf("%llu uncorrected errors in its %s: replace the card",
				     (unsigned long long)uncorrected, block));
}

static bool is_counter(const char *name)
{
	size_t len = strlen(name), suffix = strlen(SUFFIX);

	return len > suffix && len < 48 && !strcmp(name + len - suffix, SUFFIX);
}

static void read_counters(const struct gpu_host *host, const struct gpu *gpu, json_t *look)
{
	_cleanup_free_ char *folder = str_printf(AMDGPU_DEVICE "/ras", host->root, gpu->pci);
	json_t *ras = json_object();
	char **names = NULL;
	struct err none;
	unsigned n = 0;

	json_object_set_new(json_object_get(look, "health"), "ras", ras);
	if (sysfs_names(folder, &names, &n, &none) == 0)
		for (unsigned i = 0; i < n && json_object_size(ras) < BLOCKS; i++)
			if (is_counter(names[i]))
				read_block(host, gpu, names[i], look, ras);
	sysfs_names_free(names, n);
	if (!json_object_size(ras))
		json_array_append_new(
			json_object_get(look, "unknown"),
			json_string("its errors: the driver counts none of this card (no RAS)"));
}

struct pages {
	unsigned retired, pending, failed;
};

/* "0x00000000000abcde : 0x00001000 : R" a line: R retired; P to be retired at the next start of the driver; F could not be. */
static void count_page(const char *line, struct pages *pages)
{
	const char *colon = strrchr(line, ':');

	if (!colon)
		return;
	colon += 1 + (colon[1] == ' ');
	pages->retired += *colon == 'R';
	pages->pending += *colon == 'P';
	pages->failed += *colon == 'F';
}

static void read_pages(const struct gpu_host *host, const struct gpu *gpu, json_t *look)
{
	_cleanup_free_ char *text = xcalloc(1, PAGES_MAX + 1);
	struct pages pages = {0};
	char *save = NULL;

	if (!sysfs_exists(AMDGPU_DEVICE "/ras/gpu_vram_bad_pages", host->root, gpu->pci))
		return;
	(void)sysfs_bytes(text, PAGES_MAX, AMDGPU_DEVICE "/ras/gpu_vram_bad_pages", host->root, gpu->pci);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		count_page(line, &pages);
	json_object_set_new(json_object_get(look, "health"), "bad_pages",
			    json_pack("{si si si}", "retired", (int)pages.retired, "pending",
				      (int)pages.pending, "failed", (int)pages.failed));
	if (pages.pending)
		add_fault(look, "bad_pages",
			  str_printf("%u bad pages of its memory wait to be retired: reset it, or start the "
				     "machine anew",
				     pages.pending));
	if (pages.failed)
		add_fault(look, "bad_pages",
			  str_printf("%u bad pages of its memory could not be retired: replace the card",
				     pages.failed));
}

void amdgpu_health(const struct gpu_host *host, const struct gpu *gpu, json_t *look)
{
	uint64_t replays = sysfs_number(UINT64_MAX, AMDGPU_DEVICE "/pcie_replay_count", host->root, gpu->pci);

	read_counters(host, gpu, look);
	read_pages(host, gpu, look);
	if (replays < INT64_MAX)
		json_object_set_new(json_object_get(look, "health"), "pcie_replays",
				    json_integer((json_int_t)replays));
}
