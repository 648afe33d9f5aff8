/* rooms: agent/hw protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <string.h>

#include "agent/hw/net/netif.h"
#include "protocol/cmdline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the parser takes, those who use it must understand. */
static bool is_understood(const struct net_config *c)
{
	struct netif_address a;

	for (unsigned i = 0; i < 2; i++)
		if ((*c->address[i] && netif_address_parse(c->address[i], &a)) ||
		    (*c->gateway[i] && netif_address_parse(c->gateway[i], &a)) ||
		    (*c->dns[i] && netif_address_parse(c->dns[i], &a)))
			return false;
	return c->vlan <= NET_VLAN_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	_cleanup_free_ char *shown = text ? cmdline_shown(text) : NULL;
	struct cmdline c = {.hint = ""};
	struct err err = {0};
	int r;

	if (!text)
		return 0;
	r = cmdline_parse(text, &c, &err);
	if (r == 0 ? !is_understood(&c.net) : !err.text[0])
		__builtin_trap();
	if (*c.hint && (!cmdline_is_hint(c.hint, strlen(c.hint)) || c.alone || strstr(shown, c.hint)))
		__builtin_trap();
	return 0;
}
