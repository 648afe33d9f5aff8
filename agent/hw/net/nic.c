/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/net/nic.h"

#include <linux/ethtool_netlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "agent/hw/machine.h"
#include "agent/hw/net/devlink.h"
#include "agent/hw/net/ethtool.h"
#include "agent/hw/net/rtnl.h"
#include "core/hash.h"
#include "core/log.h"

#define REQUEST_SIZE 256
#define ADDRESS_MAX  20 /* bytes: InfiniBand's */

/* The address that the card was made with, whatever it answers to now. */
static int see_link(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *attrs[IFLA_PERM_ADDRESS + 1] = {NULL}, *address;
	char hex[2 * ADDRESS_MAX + 1], text[3 * ADDRESS_MAX + 1] = "";
	size_t len;

	if (message->nlmsg_type != RTM_NEWLINK ||
	    !netlink_attributes(message, sizeof(struct ifinfomsg), attrs, IFLA_PERM_ADDRESS))
		return 0;
	address = attrs[IFLA_PERM_ADDRESS];
	len = address ? mnl_attr_get_payload_len(address) : 0;
	if (!len || len > ADDRESS_MAX)
		return 0;
	hex_encode(mnl_attr_get_payload(address), len, hex);
	for (size_t i = 0; i < len; i++)
		snprintf(text + 3 * i - !!i, sizeof(text) - 3 * i, "%s%.2s", i ? ":" : "", hex + 2 * i);
	json_object_set_new(data, "permanent_mac", json_string(text));
	return 0;
}

static int ask_link(int index, json_t *to, struct err *err)
{
	char buf[REQUEST_SIZE] __attribute__((aligned(8)));
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));

	request->nlmsg_type = RTM_GETLINK;
	info->ifi_index = index;
	return rtnl_request(request, see_link, to, err);
}

struct sources {
	struct genl ethtool; /* fd -EBADF: there is none */
	json_t *devlink;     /* NULL: there is none */
};

static void open_sources(struct sources *s)
{
	struct err err;

	if (genl_open(ETHTOOL_GENL_NAME, &s->ethtool, &err) < 0)
		log_info("network cards: %s", err.text);
	if (devlink_inventory(&s->devlink, &err) < 0)
		log_info("network cards: %s", err.text);
}

static void close_sources(struct sources *s)
{
	genl_close(&s->ethtool);
	json_decref(s->devlink);
}

static void describe(struct sources *s, json_t *nic)
{
	const char *name = json_string_value(json_object_get(nic, "name"));
	const char *pci = json_string_value(json_object_get(nic, "pci"));
	int index = name ? (int)if_nametoindex(name) : 0;
	json_t *devlink = pci ? json_object_get(s->devlink, pci) : NULL, *unsupported = json_array();
	struct err err;

	if (index && ask_link(index, nic, &err) < 0)
		log_warn("%s: %s", name, err.text);
	if (index && s->ethtool.fd >= 0)
		ethtool_describe(&s->ethtool, index, nic, unsupported);
	else
		json_array_append_new(unsupported, json_string("ethtool"));
	if (index)
		ethtool_firmware(name, nic);
	if (devlink)
		json_object_set(nic, "devlink", devlink);
	else
		json_array_append_new(unsupported, json_string("devlink"));
	if (json_array_size(unsupported))
		json_object_set(nic, "unsupported", unsupported);
	json_decref(unsupported);
}

int nic_inventory(const char *root, json_t **ret, struct err *err)
{
	struct sources sources = {.ethtool = {.fd = -EBADF}};
	json_t *nics;
	int r = netif_inventory(root, &nics, err);

	if (r < 0)
		return r;
	open_sources(&sources);
	for (size_t i = 0; i < json_array_size(nics); i++)
		describe(&sources, json_array_get(nics, i));
	close_sources(&sources);
	*ret = nics;
	return 0;
}
