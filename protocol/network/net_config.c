/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/network/net_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "protocol/network/ip.h"
#include "protocol/node.h"

static int take_mac(struct net_config *c, const char *value)
{
	return *c->mac ? -EINVAL : node_mac_normalise(value, c->mac);
}

/* Decimal, without zeros in front, 1 to max; 0: it is none. */
static unsigned number(const char *text, unsigned max)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long n = strtoul(text, NULL, 10);

	return digits >= 1 && digits <= 4 && !text[digits] && *text != '0' && n <= max ? (unsigned)n : 0;
}

/* Stored as it was written, once it has been understood. */
static int take_address(struct net_config *c, const char *value)
{
	struct ip own;
	char *slot;

	if (!ip_parse_own(value, &own))
		return -EINVAL;
	slot = c->address[own.family == AF_INET6];
	if (*slot)
		return -EINVAL;
	snprintf(slot, sizeof(c->address[0]), "%s", value);
	return 0;
}

static int take_gateway(struct net_config *c, const char *value)
{
	struct ip host;
	char *slot;

	if (!ip_parse_host(value, &host))
		return -EINVAL;
	slot = c->gateway[host.family == AF_INET6];
	if (*slot)
		return -EINVAL;
	snprintf(slot, sizeof(c->gateway[0]), "%s", value);
	return 0;
}

/* Two servers of any family, in their order. */
static int take_dns(struct net_config *c, const char *value)
{
	char *slot = c->dns[*c->dns[0] ? 1 : 0];
	struct ip host;

	if (!ip_parse_host(value, &host) || *slot)
		return -EINVAL;
	snprintf(slot, sizeof(c->dns[0]), "%s", value);
	return 0;
}

static int take_vlan(struct net_config *c, const char *value)
{
	unsigned id = number(value, NET_VLAN_MAX);

	if (!id || c->vlan)
		return -EINVAL;
	c->vlan = id;
	return 0;
}

static int take_dhcp(struct net_config *c, const char *value)
{
	if ((*value != '0' && *value != '1') || value[1])
		return -EINVAL;
	c->no_dhcp = *value == '0';
	return 0;
}

int net_config_take(struct net_config *config, const char *key, const char *value)
{
	static const struct {
		const char *key;
		int (*take)(struct net_config *c, const char *value);
	} keys[] = {{"mac", take_mac}, {"ip", take_address}, {"gw", take_gateway},
		    {"dns", take_dns}, {"vlan", take_vlan},  {"dhcp", take_dhcp}};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(keys[i].key, key))
			return keys[i].take(config, value) < 0 ? -EINVAL : 0;
	return -ENOENT;
}

int net_config_check(const struct net_config *config, struct err *err)
{
	for (int family = 0; family < 2; family++)
		if (*config->gateway[family] && !*config->address[family])
			return err_set(err, EINVAL, "the gateway %s has no address of its kind beside it",
				       config->gateway[family]);
	if (config->no_dhcp && !*config->address[0] && !*config->address[1])
		return err_set(err, EINVAL, "without DHCP there must be an address");
	return 0;
}
