/* SPDX-License-Identifier: Apache-2.0 */
/* PCI functions as their configuration space shows them; no driver is needed. */
#include <string.h>

#include "agent/hw/machine.h"
#include "agent/hw/pci/pci.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"

static void add_hex(json_t *to, const char *key, const char *device, const char *attribute, int digits)
{
	uint64_t value = sysfs_number(UINT64_MAX, "%s/%s", device, attribute);
	char text[20];

	if (value == UINT64_MAX)
		return;
	snprintf(text, sizeof(text), "%0*llx", digits, (unsigned long long)value);
	json_object_set_new(to, key, json_string(text));
}

/* {"speed": "16.0 GT/s PCIe", "width": 16} as it is and as it could be; a function without a link has
 * neither. */
static void add_link(json_t *to, const char *device)
{
	uint64_t width = sysfs_number(0, "%s/current_link_width", device);
	uint64_t max = sysfs_number(0, "%s/max_link_width", device);

	if (!max || max == 255)
		return;
	sysfs_add_text(to, "link_speed", device, "current_link_speed");
	sysfs_add_text(to, "max_link_speed", device, "max_link_speed");
	json_object_set_new(to, "link_width", json_integer((json_int_t)width));
	json_object_set_new(to, "max_link_width", json_integer((json_int_t)max));
}

/* Of which functions all is told: a tenant pays for them, or they stand on the way to one. */
static const struct interest {
	uint32_t mask, class;
} interests[] = {
	{0xff0000, 0x010000}, /* storage */
	{0xff0000, 0x020000}, /* network */
	{0xff0000, 0x030000}, /* display, 3D */
	{0xff0000, 0x120000}, /* processing accelerators */
	{0xffff00, 0x060400}, /* PCI bridges: root ports, switches */
	{0xffff00, 0x068000}, /* other bridges: NVSwitch */
};

static bool is_of_interest(const char *device)
{
	uint64_t class = sysfs_number(0, "%s/class", device);

	for (size_t i = 0; i < sizeof(interests) / sizeof(*interests); i++)
		if ((class & interests[i].mask) == interests[i].class)
			return true;
	return false;
}

static void add_detail(json_t *to, const char *root, const char *device, const char *address,
		       const struct pci_slots *slots)
{
	struct pci_path path;
	const char *slot;
	char text[32];
	struct err err;

	if (pci_path_read(root, address, &path, &err) < 0) {
		json_object_set_new(to, "error", json_string(err.text));
	} else {
		slot = pci_slots_find(slots, &path);
		if (slot)
			json_object_set_new(to, "slot", json_string(slot));
		pci_add_links(to, root, &path);
	}
	if (sysfs_link(text, sizeof(text), "%s/iommu_group", device))
		json_object_set_new(to, "iommu_group", json_string(text));
	if (sysfs_link(text, sizeof(text), "%s/physfn", device))
		json_object_set_new(to, "virtual_function_of", json_string(text));
	pci_add_resources(to, device);
	pci_add_firmware(to, device);
	pci_add_aer(to, device);
}

static json_t *describe(const char *root, const char *address, const struct pci_slots *slots)
{
	_cleanup_free_ char *device = str_printf("%s/sys/bus/pci/devices/%s", root, address);
	uint64_t node =
		sysfs_number(UINT64_MAX, "%s/numa_node", device); /* -1, which is no number here: none */
	json_t *json = json_object();
	char driver[32];

	json_object_set_new(json, "address", json_string(address));
	add_hex(json, "class", device, "class", 6);
	add_hex(json, "vendor", device, "vendor", 4);
	add_hex(json, "device", device, "device", 4);
	add_hex(json, "subsystem_vendor", device, "subsystem_vendor", 4);
	add_hex(json, "subsystem_device", device, "subsystem_device", 4);
	add_hex(json, "revision", device, "revision", 2);
	if (sysfs_link(driver, sizeof(driver), "%s/driver", device))
		json_object_set_new(json, "driver", json_string(driver));
	if (node != UINT64_MAX)
		json_object_set_new(json, "numa_node", json_integer((json_int_t)node));
	add_link(json, device);
	if (is_of_interest(device))
		add_detail(json, root, device, address, slots);
	return json;
}

int pci_inventory(const char *root, json_t **ret, struct err *err)
{
	_cleanup_free_ char *folder = str_printf("%s/sys/bus/pci/devices", root);
	char **names = NULL, pci[16];
	unsigned n = 0;
	_cleanup_(pci_slots_freep) struct pci_slots *slots = NULL;
	json_t *list;
	int r = sysfs_names(folder, &names, &n, err);

	if (r < 0)
		return err_prepend(err, "PCI");
	slots = pci_slots_read(root);
	list = json_array();
	for (unsigned i = 0; i < n; i++)
		if (sysfs_pci_address(names[i], pci))
			json_array_append_new(list, describe(root, names[i], slots));
	sysfs_names_free(names, n);
	*ret = list;
	return 0;
}
