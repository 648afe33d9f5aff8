/* rooms: agent agent/hw core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <string.h>

#include "agent/hw/netif.h"
#include "agent/net.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *line = strndup((const char *)data, size);
	struct netif_address address;
	struct net_config config;
	struct err err;

	if (!line || net_config_parse(line, &config, &err) < 0)
		return 0;
	/* What the parser takes, those who use it must understand. */
	for (unsigned i = 0; i < 2; i++)
		if ((*config.address[i] && netif_address_parse(config.address[i], &address)) ||
		    (*config.gateway[i] && netif_address_parse(config.gateway[i], &address)) ||
		    (*config.dns[i] && netif_address_parse(config.dns[i], &address)) || config.vlan > 4094)
			__builtin_trap();
	return 0;
}
