/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One LLDPDU (IEEE 802.1AB-2016, clause 8) as whoever is at the other end of the cable sends it: hostile.
 * Pure. Texts are shown as ASCII, other bytes as '?'.
 */
#ifndef AGENT_HW_LLDP_FRAME_H
#define AGENT_HW_LLDP_FRAME_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define LLDP_FRAME_MAX      1500 /* bytes behind the EtherType */
#define LLDP_MANAGEMENT_MAX 4    /* addresses that are kept; further ones are counted */

/* Chassis or port: subtype and bytes together are what tells two of them apart. */
struct lldp_id {
	uint8_t subtype;
	uint8_t len; /* 1 to 255 */
	uint8_t bytes[255];
};

struct lldp_address {
	uint8_t family; /* IANA */
	uint8_t len;    /* 1 to 31 */
	uint8_t bytes[31];
};

struct lldp_frame {
	struct lldp_id chassis, port;
	uint16_t ttl_s; /* 0: the neighbour takes its leave; nothing behind it counts then */
	/* "": not told */
	char port_description[256], system_name[256], system_description[256];
	bool has_capabilities;
	uint16_t capabilities, enabled; /* 8.5.8.1 */
	struct lldp_address management[LLDP_MANAGEMENT_MAX];
	unsigned n_management;
	bool has_vlan;
	uint16_t vlan;      /* untagged frames of this port; 0: none */
	uint16_t max_frame; /* bytes; 0: not told */
	bool has_aggregation;
	uint8_t aggregation;       /* LLDP_AGGREGATION_* */
	uint32_t aggregation_port; /* the neighbour's number for the bundle */
	unsigned n_ignored; /* TLVs that were not read: unknown, malformed though optional, or one too many */
};

/*
 * -EBADMSG with the reason for a frame that the standard has a receiver discard (9.2.7.7): the first three TLVs are not chassis,
 * port and time to live, or one of them is there twice or malformed; a TLV runs over the end. So is one that says
 * twice what it may say once. Optional TLVs whose content is malformed are passed over.
 */
int lldp_frame_parse(const void *data, size_t len, struct lldp_frame *ret, struct err *err) _must_check_;

bool lldp_id_equal(const struct lldp_id *a, const struct lldp_id *b);
/* docs/inventory.md, "Neighbours" */
json_t *lldp_frame_to_json(const struct lldp_frame *frame);

#endif
