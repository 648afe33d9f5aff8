/* SPDX-License-Identifier: Apache-2.0 */
/* IPv4 (RFC 791) and UDP (RFC 768) around a DHCP message, for a host that has no address yet. */
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <string.h>

#include "agent/dhcp_message.h"

#define HEADERS (sizeof(struct iphdr) + sizeof(struct udphdr))
static_assert(HEADERS == 28 && DHCP_FRAME_MAX == DHCP_REQUEST_MAX + HEADERS, "RFC 791, RFC 768");

static uint32_t add(uint32_t sum, const void *buf, size_t len)
{
	const uint8_t *p = buf;

	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* UDP's sum covers addresses, protocol and length as well. 0 over a packet with a right sum. */
static uint16_t udp_sum(const struct iphdr *ip, const void *udp, size_t len)
{
	uint32_t sum = add(0, &ip->saddr, 8);

	return fold(add(sum + IPPROTO_UDP + (uint32_t)len, udp, len));
}

size_t dhcp_frame_build(const void *message, size_t len, uint8_t buf[DHCP_FRAME_MAX])
{
	struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.tot_len = htons((uint16_t)(HEADERS + len)),
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.daddr = INADDR_BROADCAST,
	};
	struct udphdr udp = {
		.source = htons(DHCP_CLIENT_PORT),
		.dest = htons(DHCP_SERVER_PORT),
		.len = htons((uint16_t)(sizeof(udp) + len)),
	};
	uint16_t sum;

	ip.check = htons(fold(add(0, &ip, sizeof(ip))));
	memcpy(buf, &ip, sizeof(ip));
	memcpy(buf + sizeof(ip), &udp, sizeof(udp));
	memcpy(buf + HEADERS, message, len);
	sum = udp_sum(&ip, buf + sizeof(ip), sizeof(udp) + len);
	udp.check = htons(sum ? sum : 0xffff); /* 0 means "no sum" */
	memcpy(buf + sizeof(ip), &udp, sizeof(udp));
	return HEADERS + len;
}

int dhcp_frame_parse(const void *packet, size_t len, bool check_udp, const uint8_t **ret, size_t *ret_len)
{
	const uint8_t *p = packet;
	struct iphdr ip;
	struct udphdr udp;
	size_t header, total, udp_len;

	if (len < sizeof(ip))
		return -EBADMSG;
	memcpy(&ip, p, sizeof(ip));
	header = ip.ihl * 4u;
	total = ntohs(ip.tot_len); /* what is behind is Ethernet's padding */
	if (ip.version != 4 || header < sizeof(ip) || total > len || total < header + sizeof(udp) ||
	    ip.protocol != IPPROTO_UDP || ntohs(ip.frag_off) & 0x3fff || fold(add(0, p, header)))
		return -EBADMSG;
	memcpy(&udp, p + header, sizeof(udp));
	udp_len = ntohs(udp.len);
	if (udp_len < sizeof(udp) || udp_len > total - header || ntohs(udp.source) != DHCP_SERVER_PORT ||
	    ntohs(udp.dest) != DHCP_CLIENT_PORT)
		return -EBADMSG;
	if (check_udp && udp.check && udp_sum(&ip, p + header, udp_len))
		return -EBADMSG;
	*ret = p + header + sizeof(udp);
	*ret_len = udp_len - sizeof(udp);
	return 0;
}
