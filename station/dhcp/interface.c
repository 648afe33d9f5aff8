/* SPDX-License-Identifier: Apache-2.0 */
#include "station/dhcp/interface.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

#include "core/log.h"

static unsigned prefix_of(const struct ifaddrs *i)
{
	const struct sockaddr_in *mask = (const struct sockaddr_in *)(const void *)i->ifa_netmask;

	return mask ? (unsigned)__builtin_popcount(mask->sin_addr.s_addr) : 32;
}

/* Nodes reach the station without a router when its address is in their own network. */
static void warn_when_far(const struct dhcp_config *config)
{
	char name[INET_ADDRSTRLEN] = "";
	uint32_t mask = ~0u << (32 - config->prefix);
	struct in_addr station;

	if (config->proxy || config->router.s_addr || strlen(config->http_url) < 8)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(config->http_url + 7, ":"), config->http_url + 7);
	if (inet_pton(AF_INET, name, &station) == 1 &&
	    (ntohl(station.s_addr) & mask) != (ntohl(config->address.s_addr) & mask))
		log_warn(
			"DHCP: nodes on %s have no way to %s: it is in another network, and no --dhcp-router "
			"is given",
			config->interface, name);
}

static int try_addresses(const struct ifaddrs *list, const struct dhcp_wish *wish, const char *http_url,
			 struct dhcp_config *ret, struct err *err)
{
	bool there = false;
	int r = -ENODEV;

	for (const struct ifaddrs *i = list; i && r < 0; i = i->ifa_next) {
		const struct sockaddr_in *address = (const struct sockaddr_in *)(const void *)i->ifa_addr;

		if (strcmp(i->ifa_name, wish->interface) != 0)
			continue;
		if (i->ifa_flags & IFF_LOOPBACK)
			return err_set(err, EINVAL, "--dhcp %s: that is the loopback, on which no node is",
				       wish->interface);
		if (!address || address->sin_family != AF_INET)
			continue;
		there = true;
		r = dhcp_config_make(wish, address->sin_addr, prefix_of(i), http_url, ret, err);
	}
	if (!there)
		return err_set(err, ENODEV, "--dhcp %s: the interface has no IPv4 address: give it one first",
			       wish->interface);
	return r;
}

int dhcp_interface_config(const struct dhcp_wish *wish, const char *http_url, struct dhcp_config *ret,
			  struct err *err)
{
	struct ifaddrs *list = NULL;
	int r;

	if (!dhcp_interface_plain(wish->interface))
		return err_set(err, EINVAL,
			       "--dhcp: an interface's name is at most 15 letters, digits, '.', '_' and '-'");
	if (!if_nametoindex(wish->interface))
		return err_set(err, ENODEV, "--dhcp %s: this host has no such interface", wish->interface);
	if (getifaddrs(&list) < 0)
		return err_sys(err, errno, "listing the interfaces");
	r = try_addresses(list, wish, http_url, ret, err);
	freeifaddrs(list);
	if (r == 0)
		warn_when_far(ret);
	return r;
}
