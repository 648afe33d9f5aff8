/* SPDX-License-Identifier: Apache-2.0 */
/* Slots: SMBIOS has what is printed on the board, the kernel what its hot-plug drivers know. The first counts more. */
#include <string.h>

#include "agent/hw/pci/pci.h"
#include "agent/hw/smbios/smbios.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"

#define PLACE_LEN 15 /* of an address without its function, at most: "10000:e1:00" */
#define SLOTS_MAX 8192

struct slot {
	char place[PLACE_LEN + 1]; /* "0000:3b:00", or "0000:3b" where the device's number is not known */
	char name[64];
};

struct pci_slots {
	struct slot *at;
	unsigned n;
};

static void add(struct pci_slots *slots, const char *place, size_t len, const char *name)
{
	struct slot *slot = &slots->at[slots->n];

	if (slots->n == SLOTS_MAX || !len || len > PLACE_LEN || !*name)
		return;
	memcpy(slot->place, place, len);
	slot->place[len] = '\0';
	text_clean(slot->name, sizeof(slot->name), name, strlen(name));
	slots->n++;
}

static void add_smbios(struct pci_slots *slots, const char *root)
{
	json_t *smbios = NULL, *list;
	struct err none;

	if (smbios_read(root, &smbios, &none) < 0)
		return; /* the inventory says so in its own place */
	list = json_object_get(smbios, "slots");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *slot = json_array_get(list, i);
		const char *address = json_string_value(json_object_get(slot, "address"));
		const char *name = json_string_value(json_object_get(slot, "designation"));

		if (address && name)
			add(slots, address, strcspn(address, "."), name);
	}
	json_decref(smbios);
}

static void add_kernel(struct pci_slots *slots, const char *root)
{
	_cleanup_free_ char *folder = str_printf("%s/sys/bus/pci/slots", root);
	char **names = NULL, place[32];
	struct err none;
	unsigned n = 0;

	if (sysfs_names(folder, &names, &n, &none) < 0)
		return; /* a kernel without them */
	for (unsigned i = 0; i < n; i++)
		if (sysfs_text(place, sizeof(place), "%s/%s/address", folder, names[i]))
			add(slots, place, strlen(place), names[i]);
	sysfs_names_free(names, n);
}

struct pci_slots *pci_slots_read(const char *root)
{
	struct pci_slots *slots = xcalloc(1, sizeof(*slots));

	slots->at = xcalloc(SLOTS_MAX + 1, sizeof(*slots->at));
	add_smbios(slots, root);
	add_kernel(slots, root);
	return slots;
}

void pci_slots_free(struct pci_slots *slots)
{
	if (!slots)
		return;
	free(slots->at);
	free(slots);
}

/* Does the place name the address, up to the end of one of its parts? */
static bool is_at(const char *place, const char *address)
{
	size_t len = strlen(place);

	return !strncmp(place, address, len) && (address[len] == '.' || address[len] == ':');
}

const char *pci_slots_find(const struct pci_slots *slots, const struct pci_path *path)
{
	for (unsigned i = path->n; i--;)
		for (unsigned k = 0; k < slots->n; k++)
			if (is_at(slots->at[k].place, path->at[i]))
				return slots->at[k].name;
	return NULL;
}
