/* SPDX-License-Identifier: Apache-2.0 */
/* What one port has heard. Pure. */
#ifndef AGENT_HW_LLDP_TABLE_H
#define AGENT_HW_LLDP_TABLE_H

#include "agent/hw/lldp/frame.h"

#define LLDP_NEIGHBOURS_MAX 4 /* of one port: a switch, and what lies behind a repeater */

extern const uint8_t lldp_groups[3][6]; /* Table 7-1: the addresses that LLDP is sent to */

struct lldp_table {
	struct lldp_frame heard[LLDP_NEIGHBOURS_MAX]; /* the newest of each neighbour */
	unsigned n_heard;
	unsigned n_left_out; /* frames of neighbours for which there was no place */
	unsigned n_malformed;
	char malformed[128]; /* what was wrong with the newest of those */
};

/* One frame, Ethernet header and all. What is not LLDP, or not sent to one of its addresses, is passed over. */
void lldp_table_take(struct lldp_table *table, const void *frame, size_t len);
/* Adds "heard", "malformed"?, "left_out"?: docs/inventory.md, "Neighbours". */
void lldp_table_to_json(const struct lldp_table *table, json_t *to);

#endif
