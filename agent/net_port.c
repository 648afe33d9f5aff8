/* SPDX-License-Identifier: Apache-2.0 */
/* One card's way to an address. */
#include <string.h>

#include "agent/hw/modules.h"
#include "agent/net_private.h"
#include "core/log.h"

#define DHCP_FIRST_MS  10000
#define DHCP_OTHER_MS  20000 /* more, for a card that did not boot the node */
#define DHCP_BOOTED_MS 80000 /* more, for the one that did: spanning tree alone may take 50 s */
#define ADDRESS6_MS    3000  /* IPv6 has had the time of DHCP already */

static int add_vlan(const struct net_config *config, struct net_port *port, struct err *err)
{
	struct err missing;
	int r;

	/* Built into some kernels; if it is really missing, the next call says so. */
	if (module_load("8021q", &missing) < 0)
		log_debug("network: %s", missing.text);
	snprintf(port->name, sizeof(port->name), "vlan%u", config->vlan);
	r = netif_vlan_add(port->card.index, config->vlan, port->name, &port->index, err);
	if (!r)
		r = netif_set_up(port->index, true, err);
	return r;
}

static int add_gateway(const struct net_port *port, const char *text, struct err *err)
{
	struct netif_address gateway, any = {.prefix = 0};

	if (netif_address_parse(text, &gateway) < 0)
		return err_set(err, EINVAL, "gateway %s", text);
	any.family = gateway.family;
	return netif_route_add(port->index, &any, &gateway, err);
}

/* A VLAN's cannot be above its card's. */
static int set_mtu(const struct net_config *config, const struct net_port *port, struct err *err)
{
	int r = netif_set_mtu(port->card.index, config->mtu, err);

	return r == 0 && port->index != port->card.index ? netif_set_mtu(port->index, config->mtu, err) : r;
}

static int add_static(const struct net_config *config, const struct net_port *port, struct err *err)
{
	int r = config->mtu ? set_mtu(config, port, err) : 0;

	for (int family = 0; !r && family < 2; family++) {
		struct netif_address address;

		if (!*config->address[family])
			continue;
		if (netif_address_parse(config->address[family], &address) < 0)
			return err_set(err, EINVAL, "address %s", config->address[family]);
		r = netif_address_add(port->index, &address, err);
		if (!r && *config->gateway[family])
			r = add_gateway(port, config->gateway[family], err);
	}
	return r;
}

static int lease(struct net_port *port, unsigned timeout_ms, struct err *err)
{
	const struct dhcp_port dhcp = {port->index, port->name, port->card.mac};
	int r = dhcp_acquire(&dhcp, timeout_ms, &port->lease, err);

	port->leased = !r;
	return r ? r : net_lease_apply(port, err);
}

/* DHCP first; a network of IPv6 alone is found as soon as DHCP has been silent for a while. */
static int automatic(struct net_port *port, bool patient, struct err *err)
{
	struct netif_address address;
	char text[64];
	struct err none;
	int r = lease(port, DHCP_FIRST_MS, err);

	if (r != -ETIMEDOUT)
		return r;
	if (netif_wait_address6(port->index, ADDRESS6_MS, &address, &none) < 0)
		r = lease(port, patient ? DHCP_BOOTED_MS : DHCP_OTHER_MS, err);
	else
		r = 0;
	if (r == -ETIMEDOUT && !netif_wait_address6(port->index, 0, &address, &none))
		r = 0;
	if (!r && !port->leased) {
		netif_address_format(&address, text);
		log_info("network: %s has %s by router advertisement, nothing by DHCP", port->name, text);
	}
	return r < 0 ? err_prepend(err, "neither DHCP nor a router advertisement") : 0;
}

static void collect_dns(const struct net_config *config, struct net_port *port, int rdnss)
{
	char announced[NET_DNS_MAX][46];
	unsigned n = rdnss >= 0 ? netif_rdnss_read(rdnss, port->index, announced, NET_DNS_MAX) : 0;

	for (unsigned i = 0; i < n; i++)
		net_dns_add(port, announced[i]);
	/* Configured servers stand alone. */
	if (!*config->dns[0])
		return;
	port->n_dns = 0;
	for (unsigned i = 0; i < 2 && *config->dns[i]; i++)
		net_dns_add(port, config->dns[i]);
}

static void take_down(struct net_port *port)
{
	struct err err;
	int r = netif_flush(port->index, &err);

	if (!r)
		r = netif_ipv6(port->name, false, false, &err);
	if (!r && port->index != port->card.index)
		r = netif_remove(port->index, &err);
	if (r < 0)
		log_warn("network: %s: %s", port->name, err.text);
}

static int configure(const struct net_config *config, struct net_port *port, bool patient, int rdnss,
		     struct err *err)
{
	bool fixed = *config->address[0] || *config->address[1];
	bool wants6 = !config->no_dhcp || *config->address[1];
	int r = netif_ipv6(port->name, wants6, !config->no_dhcp, err);

	if (!r)
		r = add_static(config, port, err);
	if (!r && !fixed)
		r = automatic(port, patient, err);
	if (!r)
		collect_dns(config, port, rdnss);
	return r;
}

int net_port_up(const struct net_config *config, struct net_port *port, bool patient, struct err *err)
{
	_cleanup_close_ int rdnss = netif_rdnss_open(err);
	int r = 0;

	if (rdnss < 0)
		log_warn("network: no DNS from router advertisements: %s", err->text);
	port->index = port->card.index;
	snprintf(port->name, sizeof(port->name), "%s", port->card.name);
	port->n_dns = 0;
	port->leased = false;
	if (config->vlan)
		r = add_vlan(config, port, err);
	if (!r)
		r = configure(config, port, patient, rdnss, err);
	if (r < 0)
		take_down(port);
	return r;
}
