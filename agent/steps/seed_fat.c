/* SPDX-License-Identifier: Apache-2.0 */
/* A FAT12 volume of a few read-only files in the root directory. */
#include "agent/steps/seed_fat.h"

#include <string.h>

#include "images/fat.h"

#define FILES_MAX    8
#define ROOT_ENTRIES 128

int seed_fat_fill(const struct seed_file *files, unsigned n, uint32_t block, uint8_t *volume, struct err *err)
{
	const struct fat_format format = {
		.label = "CIDATA",
		.size = SEED_SIZE,
		.sector = block,
		.per_cluster = 1,
		.root_entries = ROOT_ENTRIES,
	};
	struct fat_file list[FILES_MAX];
	unsigned n_list = 0;

	for (unsigned i = 0; i < n && n_list < FILES_MAX; i++)
		if (files[i].text)
			list[n_list++] =
				(struct fat_file){files[i].name, files[i].text, strlen(files[i].text), true};
	return fat_fill(&format, list, n_list, volume, err);
}
