/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/net/devlink.h"

#include <linux/devlink.h>
#include <string.h>

#include "agent/hw/sysfs.h"

#define VERSIONS_MAX 64 /* of one kind */
#define DEVICES_MAX  1024

static const char *clean(const struct nlattr *attr, char *to, size_t size)
{
	const char *text = netlink_text(attr);

	text_clean(to, size, text ? text : "", text ? strlen(text) : 0);
	return to;
}

static void add_text(json_t *to, const char *key, const struct nlattr *attr)
{
	char text[128];

	if (*clean(attr, text, sizeof(text)))
		json_object_set_new(to, key, json_string(text));
}

/* One version: a nest with its name ("fw.psid", "fw.mgmt") and its value. */
static void add_version(json_t *to, const struct nlattr *nest)
{
	const struct nlattr *attrs[DEVLINK_ATTR_INFO_VERSION_VALUE + 1] = {NULL};
	char name[64], value[128];

	if (json_object_size(to) >= VERSIONS_MAX ||
	    !netlink_nest(nest, attrs, DEVLINK_ATTR_INFO_VERSION_VALUE) ||
	    !*clean(attrs[DEVLINK_ATTR_INFO_VERSION_NAME], name, sizeof(name)))
		return;
	clean(attrs[DEVLINK_ATTR_INFO_VERSION_VALUE], value, sizeof(value));
	json_object_set_new(to, name, json_string(value));
}

static void add_versions(json_t *to, const char *key, const struct nlmsghdr *message, unsigned kind)
{
	json_t *versions = json_object();
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(attr) == kind)
			add_version(versions, attr);
	}
	json_object_set_new(to, key, versions);
}

void devlink_take(const struct nlmsghdr *message, json_t *to)
{
	const struct nlattr *attrs[DEVLINK_ATTR_MAX + 1] = {NULL};
	char bus[16], name[32], address[16];
	json_t *device;

	if (!genl_attributes(message, DEVLINK_CMD_INFO_GET, attrs, DEVLINK_ATTR_MAX) ||
	    json_object_size(to) >= DEVICES_MAX)
		return;
	clean(attrs[DEVLINK_ATTR_BUS_NAME], bus, sizeof(bus));
	clean(attrs[DEVLINK_ATTR_DEV_NAME], name, sizeof(name));
	if (strcmp(bus, "pci") != 0 || !sysfs_pci_address(name, address))
		return;
	device = json_object();
	add_text(device, "driver", attrs[DEVLINK_ATTR_INFO_DRIVER_NAME]);
	add_text(device, "serial", attrs[DEVLINK_ATTR_INFO_SERIAL_NUMBER]);
	add_text(device, "board_serial", attrs[DEVLINK_ATTR_INFO_BOARD_SERIAL_NUMBER]);
	add_versions(device, "fixed", message, DEVLINK_ATTR_INFO_VERSION_FIXED);
	add_versions(device, "running", message, DEVLINK_ATTR_INFO_VERSION_RUNNING);
	add_versions(device, "stored", message, DEVLINK_ATTR_INFO_VERSION_STORED);
	json_object_set_new(to, address, device);
}

static int see(const struct nlmsghdr *message, void *data)
{
	devlink_take(message, data);
	return 0;
}

int devlink_inventory(json_t **ret, struct err *err)
{
	char buf[GENL_REQUEST_MAX] __attribute__((aligned(8)));
	_cleanup_(json_decrefp) json_t *devices = json_object();
	struct genl devlink;
	int r = genl_open(DEVLINK_GENL_NAME, &devlink, err);

	if (r < 0)
		return r;
	r = genl_exchange(&devlink, genl_request(&devlink, buf, DEVLINK_CMD_INFO_GET, NLM_F_DUMP), see,
			  devices, err);
	genl_close(&devlink);
	if (r < 0)
		return err_prepend(err, "devlink");
	*ret = TAKE_PTR(devices);
	return 0;
}
