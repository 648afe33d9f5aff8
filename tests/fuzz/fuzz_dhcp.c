/* rooms: agent agent/hw core */
/* SPDX-License-Identifier: Apache-2.0 */
/* A message as it is, with xid and MAC taken from it so that the options are reached; the same bytes as a frame and as
 * neighbour discovery options. */
#include <string.h>

#include "agent/dhcp_message.h"
#include "agent/hw/net/netif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dhcp_reply reply;
	uint8_t mac[6] = {0};
	const uint8_t *inner;
	size_t inner_len;
	uint32_t xid = 0;
	char servers[4][46];
	struct err err;

	if (size >= 34) {
		memcpy(&xid, data + 4, 4);
		memcpy(mac, data + 28, 6);
	}
	if (!dhcp_parse(data, size, __builtin_bswap32(xid), mac, &reply, &err) && reply.type != DHCP_NAK)
		if (!reply.prefix || reply.prefix > 32 || !reply.address.s_addr || !reply.t1_s ||
		    reply.t1_s > reply.t2_s || reply.n_routes > DHCP_ROUTES_MAX ||
		    reply.n_dns > DHCP_SERVERS_MAX)
			__builtin_trap();
	if (!dhcp_frame_parse(data, size, false, &inner, &inner_len) &&
	    (inner < data || inner + inner_len > data + size))
		__builtin_trap();
	(void)netif_rdnss_parse(data, size, servers, 4);
	return 0;
}
