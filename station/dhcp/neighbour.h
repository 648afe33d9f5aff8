/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which card is behind an address: what the kernel knows of the hosts on its own segments. A host behind a router is nobody here. Like all that a
 * machine says of itself before its check-in it chooses what is handed out, and proves nothing.
 */
#ifndef STATION_NEIGHBOUR_H
#define STATION_NEIGHBOUR_H

#include <netinet/in.h>
#include <stdbool.h>

struct sockaddr;

/* Pure: looks in the text of /proc/net/arp (proc(5)). Two answers that differ, on two segments, are none. */
bool neighbour_find(const char *arp, struct in_addr address, char ret_mac[18]);

/* IPv4, also as an IPv6 socket shows it. False: not known. */
bool neighbour_mac(const struct sockaddr *peer, char ret_mac[18]);

#endif
