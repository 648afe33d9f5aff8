/* SPDX-License-Identifier: Apache-2.0 */
/* DHCPv4 messages (RFC 2131, RFC 2132) and their IPv4/UDP frame, as pure functions. What comes in is
 * hostile. */
#ifndef AGENT_DHCP_MESSAGE_H
#define AGENT_DHCP_MESSAGE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define DHCP_SERVER_PORT 67
#define DHCP_CLIENT_PORT 68
#define DHCP_REQUEST_MAX \
	548 /* what every server takes (RFC 2131, 2): a BOOTP message with 312 bytes of options */
#define DHCP_FRAME_MAX   (DHCP_REQUEST_MAX + 28)
#define DHCP_MESSAGE_MAX 1472 /* what we say that we take: an Ethernet frame without IP and UDP headers */

enum dhcp_type { DHCP_DISCOVER = 1, DHCP_OFFER, DHCP_REQUEST, DHCP_DECLINE, DHCP_ACK, DHCP_NAK };

struct dhcp_request {
	enum dhcp_type type;
	uint32_t xid;
	uint16_t secs; /* since the exchange began */
	uint8_t mac[6];
	struct in_addr client;    /* ciaddr: renewing or rebinding */
	struct in_addr requested; /* option 50: selecting */
	struct in_addr server;    /* option 54: selecting */
};

#define DHCP_ROUTES_MAX  32
#define DHCP_SERVERS_MAX 2

struct dhcp_route {
	struct in_addr to;
	unsigned prefix;
	struct in_addr gateway; /* 0: on the link */
};

struct dhcp_reply {
	enum dhcp_type type; /* OFFER, ACK or NAK */
	struct in_addr address, server;
	unsigned prefix; /* bits of the netmask */
	struct dhcp_route routes[DHCP_ROUTES_MAX];
	unsigned n_routes; /* of option 121, else of option 3 (RFC 3442) */
	struct in_addr dns[DHCP_SERVERS_MAX];
	unsigned n_dns;
	unsigned mtu;                 /* 0: not told */
	uint32_t lease_s, t1_s, t2_s; /* seconds; UINT32_MAX: for ever. 0 < t1 < t2 < lease otherwise */
	char text[128];               /* option 56: why a NAK */
};

/* Writes a request, padded to 300 bytes at least (relays drop shorter ones). Returns its length. */
size_t dhcp_build(const struct dhcp_request *request, uint8_t buf[DHCP_REQUEST_MAX]);

/* Reads an answer to our (xid, mac). -EBADMSG with the reason for whatever is not a sound OFFER, ACK or
 * NAK for us. */
int dhcp_parse(const void *buf, size_t len, uint32_t xid, const uint8_t mac[6], struct dhcp_reply *ret,
	       struct err *err) _must_check_;

/* An IPv4 packet from 0.0.0.0:68 to 255.255.255.255:67. Returns its length. */
size_t dhcp_frame_build(const void *message, size_t len, uint8_t buf[DHCP_FRAME_MAX]);
/* Finds the message in an IPv4 packet to port 68. udp_sum: check UDP's sum (a card that does it late
 * leaves it unset). -EBADMSG. */
int dhcp_frame_parse(const void *packet, size_t len, bool udp_sum, const uint8_t **ret,
		     size_t *ret_len) _must_check_;

#endif
