/* SPDX-License-Identifier: Apache-2.0 */
/* Network cards: those with hardware behind them. */
#include <string.h>

#include "agent/hw/machine.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"

/* Virtual functions: how many the card has, and how many are made. */
static void add_sriov(json_t *to, const char *folder, const char *name)
{
	uint64_t total = sysfs_number(0, "%s/%s/device/sriov_totalvfs", folder, name);

	if (total && total <= UINT16_MAX)
		json_object_set_new(
			to, "sriov",
			json_pack("{s:I, s:I}", "total", (json_int_t)total, "vfs",
				  (json_int_t)(sysfs_number(0, "%s/%s/device/sriov_numvfs", folder, name) &
					       UINT16_MAX)));
}

static json_t *describe(const char *root, const char *folder, const char *name)
{
	bool link = sysfs_number(0, "%s/%s/carrier", folder,
				 name); /* cannot be read while the interface is down */
	uint64_t speed = link ? sysfs_number(0, "%s/%s/speed", folder, name) : 0; /* -1 where unknown */
	char mac[64], driver[32], path[SYSFS_PATH_MAX], pci[16];
	json_t *json = json_object();

	json_object_set_new(json, "name", json_string(name));
	sysfs_text(mac, sizeof(mac), "%s/%s/address", folder, name);
	json_object_set_new(json, "mac", json_string(mac));
	if (sysfs_link(driver, sizeof(driver), "%s/%s/device/driver", folder, name))
		json_object_set_new(json, "driver", json_string(driver));
	sysfs_device_path(root, path, sizeof(path), "%s/%s/device", folder, name);
	if (sysfs_pci_address(path, pci))
		json_object_set_new(json, "pci", json_string(pci));
	json_object_set_new(json, "link", json_boolean(link));
	/* Mbit/s; 2^32-1 is some drivers' "unknown". */
	json_object_set_new(json, "speed",
			    speed && speed < UINT32_MAX ? json_integer((json_int_t)speed) : json_null());
	json_object_set_new(json, "mtu",
			    json_integer((json_int_t)sysfs_number(0, "%s/%s/mtu", folder, name)));
	add_sriov(json, folder, name);
	return json;
}

int netif_inventory(const char *root, json_t **ret, struct err *err)
{
	_cleanup_free_ char *folder = str_printf("%s/sys/class/net", root);
	char **names = NULL;
	unsigned n = 0;
	json_t *list;
	int r = sysfs_names(folder, &names, &n, err);

	if (r < 0)
		return err_prepend(err, "network cards");
	list = json_array();
	for (unsigned i = 0; i < n; i++)
		if (sysfs_exists("%s/%s/device", folder, names[i]))
			json_array_append_new(list, describe(root, folder, names[i]));
	sysfs_names_free(names, n);
	*ret = list;
	return 0;
}
