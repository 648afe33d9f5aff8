/* SPDX-License-Identifier: Apache-2.0 */
/* TCG Storage Architecture Core Specification 2.01 (3.3.6, Level 0 Discovery; 5.1.5, method status), and the commands that carry it. */
#ifndef AGENT_HW_OPAL_SPEC_H
#define AGENT_HW_OPAL_SPEC_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define TCG_PROTOCOL        0x01   /* security protocol of the Trusted Computing Group */
#define TCG_DISCOVERY_COMID 0x0001 /* ComID of Level 0 Discovery */

/* Level 0 Discovery header; numbers are big-endian */
struct tcg_discovery {
	uint32_t length; /* bytes after this field */
	uint32_t revision;
	uint8_t reserved[8], vendor[32];
} __attribute__((packed));
static_assert(sizeof(struct tcg_discovery) == 48, "Core 2.01, 3.3.6");

/* What every feature descriptor begins with */
struct tcg_feature {
	uint16_t code;
	uint8_t version; /* bits 7:4 */
	uint8_t length;  /* bytes after this field */
} __attribute__((packed));
static_assert(sizeof(struct tcg_feature) == 4, "Core 2.01, 3.3.6");

#define TCG_FEATURE_TPER       0x0001
#define TCG_FEATURE_LOCKING    0x0002
#define TCG_FEATURE_ENTERPRISE 0x0100
#define TCG_FEATURE_OPAL_1     0x0200
#define TCG_FEATURE_OPAL_2     0x0203
#define TCG_FEATURE_PYRITE_1   0x0302
#define TCG_FEATURE_PYRITE_2   0x0303
#define TCG_FEATURE_RUBY       0x0304

/* Opal 2, 3.1.1.3: first byte after the head of the Locking feature; enabled: the Locking SP was activated */
#define TCG_LOCKING_SUPPORTED 0x01
#define TCG_LOCKING_ENABLED   0x02
#define TCG_LOCKED            0x04
#define TCG_MEDIA_ENCRYPTION  0x08
#define TCG_MBR_ENABLED       0x10
#define TCG_MBR_DONE          0x20

/* 5.1.5 */
#define TCG_NOT_AUTHORIZED       0x01
#define TCG_SP_BUSY              0x03
#define TCG_NO_SESSIONS          0x07
#define TCG_AUTHORITY_LOCKED_OUT 0x12
#define TCG_FAIL                 0x3f

/* Linux, block/opal_proto.h: the kernel's own, beside TCG's */
#define OPAL_KERNEL_NO_STATUS 0x89

/* NVM Express Base Specification 2.0a, Security Receive; dword 10: protocol 31:24, specific 23:8; dword 11: length in bytes */
#define NVME_ADMIN_SECURITY_RECEIVE 0x82

/* ACS-4, TRUSTED RECEIVE (PIO data-in), in blocks of 512 bytes; SAT-4, 12.2.2: ATA PASS-THROUGH (16) */
#define ATA_TRUSTED_RECEIVE        0x5c
#define ATA_BLOCK                  512
#define SAT_ATA_PASS_THROUGH_16    0x85
#define SAT_PROTOCOL_PIO_IN        (4 << 1)
#define SAT_LENGTH_IN_COUNT_BLOCKS 0x06 /* T_LENGTH 2, BYTE_BLOCK 1 */
#define SAT_FROM_DEVICE            0x08 /* T_DIR */
#define ATA_STATUS_ERROR           0x21 /* of the status register: ERROR and DEVICE FAULT */

/* SPC-5 */
#define SCSI_SECURITY_PROTOCOL_IN 0xa2

#endif
