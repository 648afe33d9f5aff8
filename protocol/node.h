/* SPDX-License-Identifier: Apache-2.0 */
/* A node's identity, states and the rules between them. docs/protocol.md, "Nodes". */
#ifndef PROTOCOL_NODE_H
#define PROTOCOL_NODE_H

#include <jansson.h>
#include <stdbool.h>

#include "core/err.h"

#define NODE_MACS_MAX 64

enum node_state { NODE_ENROLLED, NODE_AVAILABLE, NODE_LEASED, NODE_RETURNED, NODE_HELD };

const char *node_state_name(enum node_state state);
int node_state_from_name(const char *name, enum node_state *ret) _must_check_;
/* May an operator move a node from one state to the other? (leased leaves by `returned` alone.) */
bool node_state_may_change(enum node_state from, enum node_state to);
/* May an order be created for a node in this state? Never for a leased one. */
bool node_state_takes_orders(enum node_state state);

struct node_identity {
	char uuid[37];                /* SMBIOS system UUID, lower case, canonical; "" unknown */
	char serial[128];             /* SMBIOS system serial; "" unknown or a maker's placeholder */
	char macs[NODE_MACS_MAX][18]; /* lower case aa:bb:cc:dd:ee:ff */
	unsigned n_macs;
};

/* Accepts and normalises upper case, '-' in MACs; drops placeholders ("To be filled by O.E.M.", all-zero and
 * all-ones UUIDs, "Default string", ...). */
int node_identity_from_json(const json_t *json, struct node_identity *ret, struct err *err) _must_check_;
json_t *node_identity_to_json(const struct node_identity *identity) _must_check_;
int node_mac_normalise(const char *text, char ret[18]) _must_check_;
int node_uuid_normalise(const char *text, char ret[37]) _must_check_;

/*
 * Is `seen` the node that was enrolled as `known`? Every field that both have must agree (of the MACs: one
 * in common suffices), and at least one must. On a contradiction returns false and says which in *ret_why
 * (static text; may be NULL).
 */
bool node_identity_matches(const struct node_identity *known, const struct node_identity *seen,
			   const char **ret_why);

/* Names of nodes, images and orders: [a-z0-9]([a-z0-9.-]{0,62}), no "..". */
bool name_valid(const char *name);

#endif
