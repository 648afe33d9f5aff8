/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network interfaces by rtnetlink; the one owner of that family and of the interfaces' sysctls. Every call
 * is bounded: 5 s for an answer of the kernel, and the waits by their own limit.
 */
#ifndef AGENT_HW_NETIF_H
#define AGENT_HW_NETIF_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct netif {
	int index;
	char name[16];
	uint8_t mac[6];
	char mac_text[18]; /* "52:54:00:12:34:56" */
	unsigned mtu;      /* bytes */
	bool up;           /* administratively */
	bool link;         /* carrier */
	bool usb;          /* often a management controller's own network */
};

struct netif_address {
	int family;        /* AF_INET, AF_INET6 */
	uint8_t bytes[16]; /* network order; 4 of them for AF_INET */
	unsigned prefix;   /* bits */
};

/* "10.0.0.5/24", "2001:db8::5/64"; without a prefix the whole address counts. -EINVAL. */
int netif_address_parse(const char *text, struct netif_address *ret) _must_check_;
void netif_address_format(const struct netif_address *address, char ret[64]); /* with the prefix */

/* All Ethernet ports: no loopback, VLANs, bridges, tunnels or members of a bond. By index. *ret is
 * malloc'd. */
int netif_list(struct netif **ret, unsigned *ret_n, struct err *err) _must_check_;

int netif_set_up(int index, bool up, struct err *err) _must_check_;
int netif_set_mtu(int index, unsigned mtu, struct err *err) _must_check_;
/* Adds (what is there already is no error) and removes (what is gone is none). */
int netif_address_add(int index, const struct netif_address *address, struct err *err) _must_check_;
int netif_address_remove(int index, const struct netif_address *address, struct err *err) _must_check_;
/* Removes every IPv4 address of the interface, and with them their routes. */
int netif_flush(int index, struct err *err) _must_check_;
/* `to` with prefix 0 is the default route. gateway NULL: on the link. The gateway need not lie in a
 * network of the interface. */
int netif_route_add(int index, const struct netif_address *to, const struct netif_address *gateway,
		    struct err *err) _must_check_;
/* An 802.1Q interface on top of `parent`; one that is there already is taken. Needs the module 8021q. */
int netif_vlan_add(int parent, unsigned id, const char *name, int *ret_index, struct err *err) _must_check_;
int netif_remove(int index, struct err *err) _must_check_;

/* IPv6 on or off; on with or without router advertisements. Switching on asks for one (RFC 4861, 6.3.7).
 * No error without IPv6. */
int netif_ipv6(const char *name, bool on, bool accept_ra, struct err *err) _must_check_;

/* Wait by notifications. -ETIMEDOUT. */
int netif_wait_link(int index, unsigned timeout_ms, struct err *err) _must_check_;
/* For an IPv6 address of global scope that has passed duplicate address detection. */
int netif_wait_address6(int index, unsigned timeout_ms, struct netif_address *ret,
			struct err *err) _must_check_;

/* DNS servers from router advertisements (RFC 8106). Open before netif_ipv6(): what was announced before
 * is not told again. */
int netif_rdnss_open(struct err *err) _must_check_; /* a descriptor */
/* Takes what has arrived since; the newest announcement on that interface counts. Returns how many, at
 * most max. */
unsigned netif_rdnss_read(int fd, int index, char (*ret)[46], unsigned max);
/* Neighbour discovery options, `len` bytes of them, as the kernel hands them on. Pure. */
unsigned netif_rdnss_parse(const void *options, size_t len, char (*ret)[46], unsigned max);

#endif
