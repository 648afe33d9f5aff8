/* SPDX-License-Identifier: Apache-2.0 */
/* LLDP, IEEE 802.1AB-2016: clause 8 (TLVs), annexes D (802.1) and F (802.3); IEEE 802.3-2018, 79.3. */
#ifndef AGENT_HW_LLDP_SPEC_H
#define AGENT_HW_LLDP_SPEC_H

#include <stdint.h>

#define LLDP_ETHERTYPE 0x88cc /* 7.1 */

/* Table 8-1 */
enum lldp_tlv {
	LLDP_END = 0,
	LLDP_CHASSIS_ID = 1,
	LLDP_PORT_ID = 2,
	LLDP_TTL = 3,
	LLDP_PORT_DESCRIPTION = 4,
	LLDP_SYSTEM_NAME = 5,
	LLDP_SYSTEM_DESCRIPTION = 6,
	LLDP_CAPABILITIES = 7,
	LLDP_MANAGEMENT_ADDRESS = 8,
	LLDP_ORGANISATION = 127,
};

/* Table 8-2, chassis ID subtypes */
enum {
	LLDP_CHASSIS_COMPONENT = 1,
	LLDP_CHASSIS_IF_ALIAS = 2,
	LLDP_CHASSIS_PORT_COMPONENT = 3,
	LLDP_CHASSIS_MAC = 4,
	LLDP_CHASSIS_NETWORK = 5,
	LLDP_CHASSIS_IF_NAME = 6,
	LLDP_CHASSIS_LOCAL = 7,
};

/* Table 8-3, port ID subtypes */
enum {
	LLDP_PORT_IF_ALIAS = 1,
	LLDP_PORT_COMPONENT = 2,
	LLDP_PORT_MAC = 3,
	LLDP_PORT_NETWORK = 4,
	LLDP_PORT_IF_NAME = 5,
	LLDP_PORT_CIRCUIT = 6,
	LLDP_PORT_LOCAL = 7,
};

#define LLDP_OUI_8021 0x0080c2u
#define LLDP_OUI_8023 0x00120fu

#define LLDP_8021_PORT_VLAN   1 /* D.2.1: WORD, 0: none */
#define LLDP_8021_AGGREGATION 7 /* D.2.7: status, DWORD port */
#define LLDP_8023_AGGREGATION 3 /* the same where it stood before */
#define LLDP_8023_MAX_FRAME   4 /* 79.3.4: WORD, bytes */

#define LLDP_AGGREGATION_CAPABLE 0x01
#define LLDP_AGGREGATION_ENABLED 0x02

/* 8.5.9: the IANA address family numbers that are shown as addresses */
enum { LLDP_FAMILY_IPV4 = 1, LLDP_FAMILY_IPV6 = 2, LLDP_FAMILY_802 = 6 };

#endif
