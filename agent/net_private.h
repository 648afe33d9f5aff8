/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of agent/net: one card's way to an address, and what is kept for its maintenance. */
#ifndef AGENT_NET_PRIVATE_H
#define AGENT_NET_PRIVATE_H

#include <stdint.h>

#include "agent/dhcp.h"
#include "agent/hw/net/netif.h"
#include "agent/net.h"

#define NET_DNS_MAX 4

/* The interface that addresses are put on: the card, or its VLAN. */
struct net_port {
	struct netif card;
	int index;
	char name[32];
	struct dhcp_lease lease;
	bool leased;
	char dns[NET_DNS_MAX][46];
	unsigned n_dns;
};

/* Addresses on the card by what `config` says: static ones, or DHCP and router advertisements.
 * `patient`: the card that booted the node is given longer. On failure the card is as before. */
int net_port_up(const struct net_config *config, struct net_port *port, bool patient,
		struct err *err) _must_check_;

/* Puts a lease's address, routes, MTU and DNS servers in place. */
int net_lease_apply(struct net_port *port, struct err *err) _must_check_;
/* Keeps the lease for as long as the process lives, in a thread of its own; `port` is copied. */
int net_maintain(const struct net_port *port, struct err *err) _must_check_;

/* Writes /etc/resolv.conf. */
int net_resolv_write(const struct net_port *port, struct err *err) _must_check_;
/* Adds a server unless it is there already or the room is full. */
void net_dns_add(struct net_port *port, const char *server);

#endif
