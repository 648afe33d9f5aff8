/* SPDX-License-Identifier: Apache-2.0 */
/* A node's network from the medium that it was booted from, where the signed command line says remint.net=medium. docs/boot-media.md */
#ifndef AGENT_NET_MEDIUM_H
#define AGENT_NET_MEDIUM_H

#include "protocol/network/net_config.h"
#include "protocol/node.h"

struct net_medium {
	const struct node_identity *machine;
	unsigned patience_s;       /* for a medium that is slow to appear */
	void (*alive)(void *data); /* while waiting */
	void *alive_data;
};

/*
 * Looks at optical and removable drives alone. Everything that is not in order is an error that says what to do: nothing falls back to DHCP
 * unless the file says so.
 */
int net_medium_read(const struct net_medium *from, struct net_config *ret, struct err *err) _must_check_;

#endif
