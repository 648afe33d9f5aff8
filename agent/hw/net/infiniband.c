/* SPDX-License-Identifier: Apache-2.0 */
/* RDMA devices and their ports. InfiniBand has no LLDP: GUIDs and the state of the link are what can be seen of its cables. */
#include <string.h>

#include "agent/hw/machine.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"

/* "4: ACTIVE" as "active"; "" where there is no such attribute. */
static void add_state(json_t *to, const char *key, const char *port, const char *attribute)
{
	char text[32], *word;

	if (!sysfs_text(text, sizeof(text), "%s/%s", port, attribute))
		return;
	word = strstr(text, ": ");
	word = word ? word + 2 : text;
	for (char *p = word; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	json_object_set_new(to, key, json_string(word));
}

/* The lower half of the first GID (InfiniBand architecture, 4.1.1): "fe80:0000:0000:0000:0002:c903:00a1:b2c3". */
static void add_port_guid(json_t *to, const char *port)
{
	char gid[64];

	if (sysfs_text(gid, sizeof(gid), "%s/gids/0", port) && strlen(gid) == 39)
		json_object_set_new(to, "port_guid", json_string(gid + 20));
}

static json_t *describe(const char *device, const char *name, const char *port_name, const char *pci)
{
	_cleanup_free_ char *port = str_printf("%s/ports/%s", device, port_name);
	json_t *json = json_pack("{s:s, s:s}", "device", name, "port", port_name);

	if (!json)
		abort(); /* out of memory, or a name that is no UTF-8: drivers give these names */
	if (*pci)
		json_object_set_new(json, "pci", json_string(pci));
	sysfs_add_text(json, "node_guid", device, "node_guid");
	sysfs_add_text(json, "firmware", device, "fw_ver");
	sysfs_add_text(json, "psid", device, "board_id");
	add_port_guid(json, port);
	sysfs_add_text(json, "link_layer", port, "link_layer");
	sysfs_add_text(json, "rate", port, "rate");
	sysfs_add_text(json, "lid", port, "lid");
	add_state(json, "state", port, "state");
	add_state(json, "physical_state", port, "phys_state");
	return json;
}

static void add_device(json_t *list, const char *root, const char *name)
{
	_cleanup_free_ char *device = str_printf("%s/sys/class/infiniband/%s", root, name);
	_cleanup_free_ char *folder = str_printf("%s/ports", device);
	char **ports = NULL, path[SYSFS_PATH_MAX], pci[16] = "";
	struct err none;
	unsigned n = 0;

	if (sysfs_device_path(root, path, sizeof(path), "%s/device", device))
		sysfs_pci_address(path, pci);
	if (sysfs_names(folder, &ports, &n, &none) < 0)
		return; /* a device without ports */
	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list, describe(device, name, ports[i], pci));
	sysfs_names_free(ports, n);
}

int infiniband_inventory(const char *root, json_t **ret, struct err *err)
{
	_cleanup_free_ char *folder = str_printf("%s/sys/class/infiniband", root);
	char **names = NULL;
	unsigned n = 0;
	json_t *list;
	int r = sysfs_names(folder, &names, &n, err);

	if (r < 0 && r != -ENOENT)
		return err_prepend(err, "InfiniBand");
	list = json_array();
	for (unsigned i = 0; r == 0 && i < n; i++)
		add_device(list, root, names[i]);
	sysfs_names_free(names, n);
	*ret = list;
	return 0;
}
