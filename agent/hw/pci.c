/* SPDX-License-Identifier: Apache-2.0 */
/* PCI functions as their configuration space shows them; no driver is needed. */
#include <string.h>

#include "agent/hw/machine.h"
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

static void add_text(json_t *to, const char *key, const char *device, const char *attribute)
{
	char text[64];

	if (sysfs_text(text, sizeof(text), "%s/%s", device, attribute))
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
	add_text(to, "link_speed", device, "current_link_speed");
	add_text(to, "max_link_speed", device, "max_link_speed");
	json_object_set_new(to, "link_width", json_integer((json_int_t)width));
	json_object_set_new(to, "max_link_width", json_integer((json_int_t)max));
}

static json_t *describe(const char *folder, const char *address)
{
	_cleanup_free_ char *device = str_printf("%s/%s", folder, address);
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
	return json;
}

int pci_inventory(const char *root, json_t **ret, struct err *err)
{
	_cleanup_free_ char *folder = str_printf("%s/sys/bus/pci/devices", root);
	char **names = NULL, pci[16];
	unsigned n = 0;
	json_t *list;
	int r = sysfs_names(folder, &names, &n, err);

	if (r < 0)
		return err_prepend(err, "PCI");
	list = json_array();
	for (unsigned i = 0; i < n; i++)
		if (sysfs_pci_address(names[i], pci))
			json_array_append_new(list, describe(folder, names[i]));
	sysfs_names_free(names, n);
	*ret = list;
	return 0;
}
