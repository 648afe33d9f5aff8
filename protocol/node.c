/* SPDX-License-Identifier: Apache-2.0 */
/* States of a node, and names. The rules stand in docs/protocol.md, "States". */
#include "protocol/node.h"

#include <string.h>

static const char *const names[] = {
	[NODE_ENROLLED] = "enrolled", [NODE_AVAILABLE] = "available", [NODE_LEASED] = "leased",
	[NODE_RETURNED] = "returned", [NODE_HELD] = "held",
};
#define N_STATES (sizeof(names) / sizeof(names[0]))

/* What an operator may do; orders move nodes by other rules. */
static const struct {
	enum node_state from, to;
} changes[] = {
	{NODE_ENROLLED, NODE_AVAILABLE}, {NODE_AVAILABLE, NODE_RETURNED}, {NODE_RETURNED, NODE_AVAILABLE},
	{NODE_LEASED, NODE_RETURNED},    {NODE_HELD, NODE_RETURNED},      {NODE_HELD, NODE_AVAILABLE},
};

const char *node_state_name(enum node_state state)
{
	return (size_t)state < N_STATES ? names[state] : "unknown";
}

int node_state_from_name(const char *name, enum node_state *ret)
{
	for (size_t i = 0; i < N_STATES; i++) {
		if (!strcmp(name, names[i])) {
			*ret = (enum node_state)i;
			return 0;
		}
	}
	return -EINVAL;
}

bool node_state_may_change(enum node_state from, enum node_state to)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		if (changes[i].from == from && changes[i].to == to)
			return true;
	return false;
}

bool node_state_takes_orders(enum node_state state)
{
	return state != NODE_LEASED;
}

bool name_valid(const char *name)
{
	size_t len = strlen(name);

	return len >= 1 && len <= 63 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == len &&
	       name[0] != '.' && name[0] != '-' && !strstr(name, "..");
}
