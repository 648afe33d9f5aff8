/* rooms: agent/hw protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* net.json of a boot medium. */
#include <stdint.h>
#include <string.h>

#include "agent/hw/net/netif.h"
#include "protocol/network/net_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct node_identity machine = {.serial = "S1", .macs = {"52:54:00:12:34:56"}, .n_macs = 1};
	_cleanup_(net_file_clear) struct net_file file = {0};
	const struct net_machine *found = NULL;
	struct netif_address address;
	struct err err = {0};

	if (net_file_parse(data, size, &file, &err) < 0 ||
	    net_file_choose(&file, &machine, &found, &err) < 0) {
		if (!err.text[0])
			__builtin_trap();
		return 0;
	}
	if (!found)
		return 0;
	/* What is chosen can be configured, and is for nobody else. */
	if ((!*found->config.address[0] && !*found->config.address[1]) || !found->config.no_dhcp ||
	    (*found->mac && strcmp(found->mac, machine.macs[0]) != 0) ||
	    (*found->serial && strcmp(found->serial, machine.serial) != 0))
		__builtin_trap();
	for (unsigned i = 0; i < 2; i++)
		if (*found->config.address[i] && netif_address_parse(found->config.address[i], &address))
			__builtin_trap();
	return 0;
}
