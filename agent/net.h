/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node's own network: the card that booted it first, then the others; DHCPv4 (RFC 2131), IPv6 by router
 * advertisements, or static from the boot command line; VLAN; DNS into /etc/resolv.conf. Debian's kernel
 * has no IP autoconfiguration. Link handling is agent/hw/netif's.
 */
#ifndef AGENT_NET_H
#define AGENT_NET_H

#include <stdbool.h>

#include "core/err.h"

/* From the kernel command line, strictly parsed: remint.mac=, remint.ip=ADDR/PREFIX (v4 or v6, may
 * repeat once each), remint.gw=, remint.dns=, remint.vlan=ID, remint.dhcp=0|1. */
struct net_config {
	char mac[18];        /* the card that booted; "" unknown */
	char address[2][64]; /* "10.0.0.5/24", "2001:db8::5/64"; "" none */
	char gateway[2][46];
	char dns[2][46];
	unsigned vlan; /* 0 none, 1 to 4094 */
	bool no_dhcp;
};

int net_config_parse(const char *cmdline, struct net_config *ret, struct err *err) _must_check_;

/* Brings the network up; tries each card for a bounded time. *ret_interface names the one that works (32
 * bytes). */
int net_up(const struct net_config *config, char ret_interface[32], struct err *err) _must_check_;

#endif
