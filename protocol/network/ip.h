/* SPDX-License-Identifier: Apache-2.0 */
/* IPv4 and IPv6 addresses as people write them, read strictly. Pure. */
#ifndef PROTOCOL_IP_H
#define PROTOCOL_IP_H

#include <stdbool.h>
#include <stdint.h>

struct ip {
	int family;        /* AF_INET, AF_INET6 */
	uint8_t bytes[16]; /* network order; 4 of them for AF_INET, the others 0 */
	unsigned bits;     /* of the network; 32 or 128 where none was given */
};

#define IP_TEXT_SIZE 50 /* INET6_ADDRSTRLEN and "/128" */

/* "10.0.0.5": an address that one machine can have: not unspecified, loopback, multicast or broadcast. */
bool ip_parse_host(const char *text, struct ip *ret);
/* "10.0.0.5/24": the same with its network's length, at least 1. */
bool ip_parse_own(const char *text, struct ip *ret);
/* "10.0.0.0/24", "::/0": a network: nothing is set behind its length. */
bool ip_parse_network(const char *text, struct ip *ret);

/* Is the host in the network of that address? */
bool ip_contains(const struct ip *network, const struct ip *host);
/* The first or the last address of an IPv4 network that has more than two: not a machine's. */
bool ip_is_edge(const struct ip *own);
/* fe80::/10, which is on every link. */
bool ip_is_link_local(const struct ip *host);

/* The canonical text, with the length behind it where `bits` is true. */
void ip_format(const struct ip *ip, bool bits, char ret[IP_TEXT_SIZE]);

#endif
