/* SPDX-License-Identifier: Apache-2.0 */
/* What a function occupies, and which firmware its driver has found on it. */
#include <stdint.h>
#include <string.h>

#include "agent/hw/pci/pci.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"

#define TEXT_MAX 2048
#define BARS     6

/* linux/ioport.h */
#define RESOURCE_IO       0x00000100ull
#define RESOURCE_MEM      0x00000200ull
#define RESOURCE_PREFETCH 0x00002000ull
#define RESOURCE_UNSET    0x20000000ull /* the firmware and the kernel found no room for it */

/* A line of the file "resource": begin, end, flags. */
static void add_bar(json_t *bars, unsigned index, const char *line)
{
	unsigned long long begin, end, flags;
	json_t *bar;

	if (sscanf(line, "0x%16llx 0x%16llx 0x%16llx", &begin, &end, &flags) != 3 ||
	    !(flags & (RESOURCE_IO | RESOURCE_MEM)) || end < begin || end - begin >= INT64_MAX)
		return;
	bar = json_pack("{s:i, s:I, s:s}", "index", (int)index, "size", (json_int_t)(end - begin + 1), "kind",
			flags & RESOURCE_IO ? "io" : "memory");
	if (flags & RESOURCE_PREFETCH)
		json_object_set_new(bar, "prefetchable", json_true());
	if (flags & RESOURCE_UNSET)
		json_object_set_new(bar, "unassigned", json_true());
	json_array_append_new(bars, bar);
}

void pci_add_resources(json_t *to, const char *device)
{
	char text[TEXT_MAX + 1], *save = NULL;
	size_t n = sysfs_bytes(text, TEXT_MAX, "%s/resource", device);
	json_t *bars = json_array();
	unsigned index = 0;

	text[n] = '\0';
	for (char *line = strtok_r(text, "\n", &save); line && index < BARS;
	     line = strtok_r(NULL, "\n", &save))
		add_bar(bars, index++, line);
	if (n)
		json_object_set(to, "bars", bars);
	json_decref(bars);
	json_object_set_new(to, "option_rom", json_boolean(sysfs_exists("%s/rom", device)));
}

/* "" or the folder in which each entry has the attribute. */
static const struct place {
	const char *folder, *attribute;
} places[] = {
	{"", "vbios_version"},              /* amdgpu */
	{"nvme", "firmware_rev"},           /* nvme */
	{"infiniband", "fw_ver"},           /* mlx5_ib and its like */
	{"scsi_host", "version_fw"},        /* mpt3sas */
	{"scsi_host", "fw_version"},        /* others */
	{"scsi_host", "firmware_revision"}, /* hpsa */
};

/* In each entry of a folder, the first that has it. */
static bool find_in(const char *folder, const char *attribute, char *text, size_t size)
{
	char **names = NULL;
	struct err none;
	unsigned n = 0;
	bool found = false;

	if (sysfs_names(folder, &names, &n, &none) < 0)
		return false;
	for (unsigned i = 0; i < n && !found; i++)
		found = sysfs_text(text, size, "%s/%s/%s", folder, names[i], attribute);
	sysfs_names_free(names, n);
	return found;
}

/* SCSI hosts lie one folder deeper: host0/scsi_host/host0. */
static bool find_host(const char *device, const char *attribute, char *text, size_t size)
{
	char **names = NULL;
	struct err none;
	unsigned n = 0;
	bool found = false;

	if (sysfs_names(device, &names, &n, &none) < 0)
		return false;
	for (unsigned i = 0; i < n && !found; i++)
		found = !strncmp(names[i], "host", 4) && sysfs_text(text, size, "%s/%s/scsi_host/%s/%s",
								    device, names[i], names[i], attribute);
	sysfs_names_free(names, n);
	return found;
}

static bool find_firmware(const char *device, const struct place *place, char *text, size_t size)
{
	_cleanup_free_ char *folder = str_printf("%s/%s", device, place->folder);

	if (!*place->folder)
		return sysfs_text(text, size, "%s/%s", device, place->attribute);
	if (!strcmp(place->folder, "scsi_host"))
		return find_host(device, place->attribute, text, size);
	return find_in(folder, place->attribute, text, size);
}

void pci_add_firmware(json_t *to, const char *device)
{
	char text[64];

	for (unsigned i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (find_firmware(device, &places[i], text, sizeof(text))) {
			json_object_set_new(to, "firmware", json_string(text));
			return;
		}
}
