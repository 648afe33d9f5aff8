/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node's own network: the card that booted it first, then the others; DHCPv4 (RFC 2131), IPv6 by router
 * advertisements, or static from the boot command line or the boot medium; VLAN; DNS into /etc/resolv.conf. Debian's kernel
 * has no IP autoconfiguration. Link handling is agent/hw/netif's.
 */
#ifndef AGENT_NET_H
#define AGENT_NET_H

#include "core/err.h"
#include "protocol/network/net_config.h"

/* Brings the network up; tries each card for a bounded time, or the one that alone will do. *ret_interface names the one that works (32
 * bytes). */
int net_up(const struct net_config *config, char ret_interface[32], struct err *err) _must_check_;

#endif
