/* SPDX-License-Identifier: Apache-2.0 */
/* SPC-5 and SBC-4: the parts of them that are in use, with their names. Numbers are big-endian. */
#ifndef AGENT_HW_SCSI_SPEC_H
#define AGENT_HW_SCSI_SPEC_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* Operation codes */
#define SCSI_TEST_UNIT_READY 0x00
#define SCSI_REQUEST_SENSE   0x03
#define SCSI_INQUIRY         0x12
#define SCSI_MODE_SENSE_6    0x1a
#define SCSI_SANITIZE        0x48
#define SCSI_LOG_SENSE       0x4d
#define SCSI_MODE_SENSE_10   0x5a
#define SCSI_SERVICE_IN_16   0x9e
#define SCSI_MAINTENANCE_IN  0xa3

/* Service actions of the last two */
#define SCSI_SA_READ_CAPACITY_16          0x10
#define SCSI_SA_REPORT_SUPPORTED_OP_CODES 0x0c

/* SPC-5, standard INQUIRY data: peripheral device types that have the block commands */
#define SCSI_TYPE_MASK  0x1f
#define SCSI_TYPE_DISK  0x00
#define SCSI_TYPE_ZONED 0x14

/* SPC-5, standard INQUIRY data, as far as byte 35 */
struct scsi_inquiry {
	uint8_t peripheral; /* bits 7:5 qualifier, 4:0 device type */
	uint8_t rmb, version, response_format;
	uint8_t additional_length; /* bytes after this one */
	uint8_t bytes_5[3];
	char vendor[8], product[16], revision[4];
} __attribute__((packed));
static_assert(sizeof(struct scsi_inquiry) == 36, "SPC-5, standard INQUIRY data");

/* SPC-5: what every vital product data page begins with */
struct scsi_vpd {
	uint8_t peripheral, page;
	uint16_t length; /* bytes after these four */
} __attribute__((packed));
static_assert(sizeof(struct scsi_vpd) == 4, "SPC-5, VPD page format");

#define SCSI_INQUIRY_EVPD        0x01 /* byte 1 of the CDB */
#define SCSI_VPD_SUPPORTED_PAGES 0x00
#define SCSI_VPD_CHARACTERISTICS 0xb1

/* SBC-4, 6.6.2: Block Device Characteristics */
struct scsi_characteristics {
	struct scsi_vpd head;
	uint16_t
		rotation; /* 0 not reported, 1 non-rotating, 0401h to FFFEh revolutions a minute, others reserved */
	uint8_t bytes_6[58];
} __attribute__((packed));
static_assert(sizeof(struct scsi_characteristics) == 64, "SBC-4, 6.6.2");
#define SCSI_ROTATION_NONE 0x0001
#define SCSI_ROTATION_MIN  0x0401
#define SCSI_ROTATION_MAX  0xfffe

/* SBC-4, 5.21.2: READ CAPACITY (16) parameter data */
struct scsi_capacity {
	uint64_t last_lba;
	uint32_t block_size; /* bytes */
	uint8_t protection;  /* bits 3:1 P_TYPE, bit 0 PROT_EN */
	uint8_t bytes_13[19];
} __attribute__((packed));
static_assert(sizeof(struct scsi_capacity) == 32, "SBC-4, 5.21.2");

/* SPC-5, MODE SENSE. The Control page is one of those that a drive gives away during a sanitize too (SBC-4, 4.11.2). */
#define SCSI_MODE_DBD          0x08 /* byte 1 of the CDB: no block descriptors */
#define SCSI_MODE_PAGE_CONTROL 0x0a
#define SCSI_MODE_PAGE_ALL     0x3f
#define SCSI_MODE_WP           0x80 /* device specific parameter of SBC-4 */

/* SPC-5, REPORT SUPPORTED OPERATION CODES, one command, without timeouts */
struct scsi_one_command {
	uint8_t reserved;
	uint8_t support; /* bits 2:0 */
	uint16_t
		cdb_size; /* bytes of usage data, which follow: operation code and service action, then masks */
	uint8_t usage[16];
} __attribute__((packed));
static_assert(sizeof(struct scsi_one_command) == 20, "SPC-5, one_command parameter data");
#define SCSI_REPORT_WITH_SERVICE_ACTION 2 /* REPORTING OPTIONS: by operation code and service action */
#define SCSI_SUPPORT_MASK               0x07
#define SCSI_SUPPORT_AS_STANDARD        3

/* SBC-4, 5.30.1: SANITIZE, byte 1 of the CDB. AUSE (20h) and ZNR (40h) stay 0. */
#define SCSI_SANITIZE_IMMED   0x80
#define SCSI_SANITIZE_CDB_LEN 10

/* SBC-4, 5.30.2.2: parameter list of the service action OVERWRITE, with a pattern of one byte */
struct scsi_overwrite_list {
	uint8_t passes; /* bit 7 invert between passes, bits 6:5 test, bits 4:0 how many */
	uint8_t reserved;
	uint16_t pattern_length; /* bytes: 1 to a logical block */
	uint8_t pattern;
} __attribute__((packed));
static_assert(sizeof(struct scsi_overwrite_list) == 5, "SBC-4, table 111");

/* Additional sense (SPC-5, annex F) around SANITIZE */
#define SCSI_ASC_NOT_READY        0x04
#define SCSI_ASCQ_SANITIZING      0x1b
#define SCSI_ASC_FORMAT           0x31
#define SCSI_ASCQ_SANITIZE_FAILED 0x03

/* SPC-5: what log pages and their parameters begin with */
struct scsi_log_page {
	uint8_t page; /* bit 7 DS, bit 6 SPF, bits 5:0 page code */
	uint8_t subpage;
	uint16_t length; /* bytes after these four */
} __attribute__((packed));
struct scsi_log_parameter {
	uint16_t code;
	uint8_t control, length; /* bytes after these four */
} __attribute__((packed));
static_assert(sizeof(struct scsi_log_page) == 4 && sizeof(struct scsi_log_parameter) == 4,
	      "SPC-5, log page format");

#define SCSI_LOG_PAGE_MASK    0x3f
#define SCSI_LOG_SPF          0x40
#define SCSI_LOG_CUMULATIVE   0x40 /* byte 2 of the CDB, PC 01b */
#define SCSI_LOG_SUPPORTED    0x00
#define SCSI_LOG_WRITE_ERRORS 0x02
#define SCSI_LOG_READ_ERRORS  0x03
#define SCSI_LOG_START_STOP   0x0e
#define SCSI_LOG_SOLID_STATE  0x11
#define SCSI_LOG_EXCEPTIONS   0x2f

#endif
