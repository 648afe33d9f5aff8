/* SPDX-License-Identifier: Apache-2.0 */
/* What the station's nodes have reported of their Secure Boot keys, in their newest inventories: the agent hands one in at every boot. */
#ifndef CLI_KEYS_NODES_H
#define CLI_KEYS_NODES_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/client.h"

struct keys_node {
	const char *name;
	const json_t
		*state;  /* "secure_boot" of its inventory; NULL: not known; JSON null: it booted by BIOS */
	const char *why; /* it is not known; else NULL */
};

/* Calls fn for each node, by name, until one fails. -EFBIG: more than the station lists. */
int keys_each_node(const struct client_options *client,
		   int (*fn)(const struct keys_node *node, void *data, struct err *err), void *data,
		   struct err *err) _must_check_;
/* Is this certificate in that variable? */
bool keys_state_holds(const json_t *state, const char *variable, const char *sha256);
/* The newest generation of `known` (sb_keys_known()) that it holds; 0: none. */
unsigned keys_state_generation(const json_t *state, const char *variable, const json_t *known);

#endif
