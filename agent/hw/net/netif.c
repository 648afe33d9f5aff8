/* SPDX-License-Identifier: Apache-2.0 */
/* Interfaces, addresses and routes. */
#include "agent/hw/net/netif.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>

#include <linux/if.h> /* IFF_LOWER_UP; must come behind net/if.h */

#include "agent/hw/net/rtnl.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"

#define REQUEST_SIZE 1024
#define LIST_MAX     1024

int netif_address_parse(const char *text, struct netif_address *ret)
{
	struct netif_address a = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};
	unsigned most = a.family == AF_INET ? 32 : 128;
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	char host[INET6_ADDRSTRLEN];

	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(a.family, host, a.bytes) != 1)
		return -EINVAL;
	a.prefix = most;
	if (slash) {
		size_t digits = strspn(slash + 1, "0123456789");

		if (!digits || digits > 3 || slash[1 + digits] || (slash[1] == '0' && digits > 1))
			return -EINVAL;
		a.prefix = (unsigned)strtoul(slash + 1, NULL, 10);
	}
	if (a.prefix > most)
		return -EINVAL;
	*ret = a;
	return 0;
}

void netif_address_format(const struct netif_address *address, char ret[64])
{
	char host[INET6_ADDRSTRLEN] = "?";

	inet_ntop(address->family, address->bytes, host, sizeof(host));
	snprintf(ret, 64, "%s/%u", host, address->prefix);
}

static size_t address_size(const struct netif_address *address)
{
	return address->family == AF_INET ? 4 : 16;
}

struct list {
	struct netif *items;
	unsigned n;
};

/* Is it a port, or something that software made (IFLA_INFO_KIND)? veth is the port of a container, whose
 * hardware is elsewhere. */
static bool is_port(struct nlattr *const *attrs)
{
	const struct nlattr *kind = NULL, *at;

	if (attrs[IFLA_MASTER])
		return false;
	if (attrs[IFLA_LINKINFO])
		mnl_attr_for_each_nested(
			at, attrs[IFLA_LINKINFO]) if (mnl_attr_get_type(at) == IFLA_INFO_KIND &&
						      mnl_attr_validate(at, MNL_TYPE_NUL_STRING) >= 0) kind =
			at;
	return !kind || !strcmp(mnl_attr_get_str(kind), "veth");
}

static int add_link(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	const struct nlattr *attrs[IFLA_MAX + 1] = {NULL};
	struct list *list = data;
	struct netif *netif;
	char path[SYSFS_PATH_MAX];

	if (message->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(message) < sizeof(*info) ||
	    info->ifi_type != ARPHRD_ETHER || info->ifi_flags & IFF_LOOPBACK || list->n == LIST_MAX)
		return 0;
	if (!netlink_attributes(message, sizeof(*info), attrs, IFLA_MAX) ||
	    !is_port((struct nlattr *const *)attrs) || !attrs[IFLA_IFNAME] ||
	    mnl_attr_validate(attrs[IFLA_IFNAME], MNL_TYPE_NUL_STRING) < 0 || !attrs[IFLA_ADDRESS] ||
	    mnl_attr_get_payload_len(attrs[IFLA_ADDRESS]) != 6)
		return 0;
	netif = &list->items[list->n++];
	*netif = (struct netif){.index = info->ifi_index,
				.up = info->ifi_flags & IFF_UP,
				.link = info->ifi_flags & IFF_LOWER_UP};
	snprintf(netif->name, sizeof(netif->name), "%s", mnl_attr_get_str(attrs[IFLA_IFNAME]));
	memcpy(netif->mac, mnl_attr_get_payload(attrs[IFLA_ADDRESS]), 6);
	snprintf(netif->mac_text, sizeof(netif->mac_text), "%02x:%02x:%02x:%02x:%02x:%02x", netif->mac[0],
		 netif->mac[1], netif->mac[2], netif->mac[3], netif->mac[4], netif->mac[5]);
	if (attrs[IFLA_MTU] && mnl_attr_validate(attrs[IFLA_MTU], MNL_TYPE_U32) >= 0)
		netif->mtu = mnl_attr_get_u32(attrs[IFLA_MTU]);
	netif->usb = sysfs_device_path("", path, sizeof(path), "/sys/class/net/%s/device", netif->name) &&
		     strstr(path, "/usb");
	return 0;
}

int netif_list(struct netif **ret, unsigned *ret_n, struct err *err)
{
	_cleanup_free_ struct netif *items = xcalloc(LIST_MAX, sizeof(*items));
	char buf[REQUEST_SIZE] __attribute__((aligned(8)));
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	struct list list = {items, 0};
	int r;

	request->nlmsg_type = RTM_GETLINK;
	request->nlmsg_flags = NLM_F_DUMP;
	info->ifi_family = AF_UNSPEC;
	r = rtnl_request(request, add_link, &list, err);
	if (r < 0)
		return err_prepend(err, "list network interfaces");
	*ret = TAKE_PTR(items);
	*ret_n = list.n;
	return 0;
}

static struct nlmsghdr *link_request(void *buf, int index, unsigned type, struct ifinfomsg **ret)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);

	request->nlmsg_type = (uint16_t)type;
	*ret = mnl_nlmsg_put_extra_header(request, sizeof(**ret));
	(*ret)->ifi_family = AF_UNSPEC;
	(*ret)->ifi_index = index;
	return request;
}

int netif_set_up(int index, bool up, struct err *err)
{
	char buf[REQUEST_SIZE] __attribute__((aligned(8)));
	struct ifinfomsg *info;
	struct nlmsghdr *request = link_request(buf, index, RTM_NEWLINK, &info);

	info->ifi_change = IFF_UP;
	info->ifi_flags = up ? IFF_UP : 0;
	return rtnl_request(request, NULL, NULL, err) < 0
		       ? err_prepend(err, "set interface %d %s", index, up ? "up" : "down")
		       : 0;
}

int netif_set_mtu(int index, unsigned mtu, struct err *err)
{
	char buf[REQUEST_SIZE] __attribute__((aligned(8)));
	struct ifinfomsg *info;
	struct nlmsghdr *request = link_request(buf, index, RTM_NEWLINK, &info);

	mnl_attr_put_u32(request, IFLA_MTU, mtu);
	return rtnl_request(request, NULL, NULL, err) < 0 ? err_prepend(err, "set the MTU to %u", mtu) : 0;
}

int netif_remove(int index, struct err *err)
{
	char buf[REQUEST_SIZE] __attribute__((aligned(8)));
	struct ifinfomsg *info;
	int r = rtnl_request(link_request(buf, index, RTM_DELLINK, &info), NULL, NULL, err);

	return r < 0 && r != -ENODEV ? err_prepend(err, "remove interface %d", index) : 0;
}

int netif_vlan_add(int parent, unsigned id, const char *name, int *ret_index, struct err *err)
{
	char buf[REQUEST_SIZE] __attribute__((aligned(8)));
	struct ifinfomsg *info;
	struct nlmsghdr *request = link_request(buf, 0, RTM_NEWLINK, &info);
	struct nlattr *outer, *inner;
	int r;

	request->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	mnl_attr_put_u32(request, IFLA_LINK, (uint32_t)parent);
	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	outer = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, "vlan");
	inner = mnl_attr_nest_start(request, IFLA_INFO_DATA);
	mnl_attr_put_u16(request, IFLA_VLAN_ID, (uint16_t)id);
	mnl_attr_nest_end(request, inner);
	mnl_attr_nest_end(request, outer);
	r = rtnl_request(request, NULL, NULL, err);
	if (r < 0 && r != -EEXIST)
		return err_prepend(err, "add VLAN %u", id);
	*ret_index = (int)if_nametoindex(name);
	return *ret_index ? 0 : err_sys(err, errno, "VLAN %u: interface %s", id, name);
}

static struct nlmsghdr *address_request(void *buf, int index, const struct netif_address *a, unsigned type)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct ifaddrmsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));

	request->nlmsg_type = (uint16_t)type;
	info->ifa_family = (uint8_t)a->family;
	info->ifa_prefixlen = (uint8_t)a->prefix;
	info->ifa_index = (uint32_t)index;
	mnl_attr_put(request, IFA_LOCAL, address_size(a), a->bytes);
	mnl_attr_put(request, IFA_ADDRESS, address_size(a), a->bytes);
	return request;
}

int netif_address_add(int index, const struct netif_address *address, struct err *err)
{
	char buf[REQUEST_SIZE] __attribute__((aligned(8))), text[64];
	struct nlmsghdr *request = address_request(buf, index, address, RTM_NEWADDR);

	request->nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE;
	/* The broadcast address of an IPv4 network, as the kernel does not derive it. */
	if (address->family == AF_INET && address->prefix < 31) {
		uint32_t host;

		memcpy(&host, address->bytes, 4);
		host |= htonl(address->prefix ? (1u << (32 - address->prefix)) - 1 : ~0u);
		mnl_attr_put(request, IFA_BROADCAST, 4, &host);
	}
	netif_address_format(address, text);
	return rtnl_request(request, NULL, NULL, err) < 0 ? err_prepend(err, "add address %s", text) : 0;
}

int netif_address_remove(int index, const struct netif_address *address, struct err *err)
{
	char buf[REQUEST_SIZE] __attribute__((aligned(8))), text[64];
	int r = rtnl_request(address_request(buf, index, address, RTM_DELADDR), NULL, NULL, err);

	netif_address_format(address, text);
	return r < 0 && r != -EADDRNOTAVAIL ? err_prepend(err, "remove address %s", text) : 0;
}

int netif_route_add(int index, const struct netif_address *to, const struct netif_address *gateway,
		    struct err *err)
{
	char buf[REQUEST_SIZE] __attribute__((aligned(8))), text[64];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct rtmsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));

	request->nlmsg_type = RTM_NEWROUTE;
	request->nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE;
	info->rtm_family = (uint8_t)to->family;
	info->rtm_dst_len = (uint8_t)to->prefix;
	info->rtm_table = RT_TABLE_MAIN;
	info->rtm_protocol = RTPROT_BOOT;
	info->rtm_scope = gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	info->rtm_type = RTN_UNICAST;
	info->rtm_flags = gateway ? RTNH_F_ONLINK : 0;
	if (to->prefix)
		mnl_attr_put(request, RTA_DST, address_size(to), to->bytes);
	if (gateway)
		mnl_attr_put(request, RTA_GATEWAY, address_size(gateway), gateway->bytes);
	mnl_attr_put_u32(request, RTA_OIF, (uint32_t)index);
	netif_address_format(to, text);
	return rtnl_request(request, NULL, NULL, err) < 0 ? err_prepend(err, "add route to %s", text) : 0;
}
