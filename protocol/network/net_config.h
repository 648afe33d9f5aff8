/* SPDX-License-Identifier: Apache-2.0 */
/* The network of one node, as the kernel command line or the boot medium gives it. */
#ifndef PROTOCOL_NET_CONFIG_H
#define PROTOCOL_NET_CONFIG_H

#include <stdbool.h>

#include "core/err.h"

struct net_config {
	char mac[18];        /* the card that booted, or that is meant; "" unknown */
	bool mac_alone;      /* no other card will do */
	char address[2][64]; /* IPv4 and IPv6: "10.0.0.5/24", "2001:db8::5/64"; "" none */
	char gateway[2][46];
	char dns[2][46];
	unsigned vlan; /* 0 none, 1 to 4094 */
	unsigned mtu;  /* bytes, NET_MTU_MIN to NET_MTU_MAX; 0: the card's own */
	bool no_dhcp;
};

#define NET_VLAN_MAX 4094
#define NET_MTU_MIN  1280 /* of IPv6 (RFC 8200, 5) */
#define NET_MTU_MAX  9216

/*
 * One value: "mac", "ip" (ADDRESS/PREFIX), "gw", "dns", "vlan", "dhcp" (0 or 1). IPv4 and IPv6 are told apart by the value; each has one
 * address and one gateway, and there are two DNS servers in all. -EINVAL: malformed, or no place for another one; -ENOENT: no such key.
 */
int net_config_take(struct net_config *config, const char *key, const char *value) _must_check_;

/* What no single value shows: a gateway without an address of its kind, neither DHCP nor an address. The text says no more than that. */
int net_config_check(const struct net_config *config, struct err *err) _must_check_;

#endif
