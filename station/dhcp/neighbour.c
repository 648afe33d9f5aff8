/* SPDX-License-Identifier: Apache-2.0 */
#include "station/dhcp/neighbour.h"

#include <arpa/inet.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/socket.h>

#include "core/io.h"
#include "core/log.h"
#include "protocol/node.h"

#define ARP_MAX (16u << 20) /* bytes; a line has about 80 */

/* "IP address  HW type  Flags  HW address  Mask  Device", with a line of words above. */
static bool read_line(const char *line, struct in_addr address, char mac[18])
{
	char ip[INET_ADDRSTRLEN], hardware[18];
	unsigned type, flags;
	struct in_addr a;

	return sscanf(line, "%15s 0x%x 0x%x %17s", ip, &type, &flags, hardware) == 4 &&
	       inet_pton(AF_INET, ip, &a) == 1 && a.s_addr == address.s_addr && type == ARPHRD_ETHER &&
	       flags & ATF_COM && node_mac_normalise(hardware, mac) == 0;
}

bool neighbour_find(const char *arp, struct in_addr address, char ret_mac[18])
{
	char mac[18], found[18] = "";

	for (const char *line = arp; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!read_line(line, address, mac))
			continue;
		if (*found && strcmp(found, mac) != 0)
			return false;
		strcpy(found, mac);
	}
	if (*found)
		strcpy(ret_mac, found);
	return *found;
}

static bool take_v4(const struct sockaddr *peer, struct in_addr *ret)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)peer;

	if (peer->sa_family == AF_INET) {
		*ret = ((const struct sockaddr_in *)(const void *)peer)->sin_addr;
		return true;
	}
	if (peer->sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		return false;
	memcpy(ret, v6->sin6_addr.s6_addr + 12, 4);
	return true;
}

bool neighbour_mac(const struct sockaddr *peer, char ret_mac[18])
{
	_cleanup_free_ char *arp = NULL;
	struct in_addr address;
	struct err err = {0};

	if (!take_v4(peer, &address))
		return false;
	if (file_read("/proc/net/arp", ARP_MAX, &arp, NULL, &err) < 0) {
		log_warn("%s", err.text);
		return false;
	}
	return neighbour_find(arp, address, ret_mac);
}
