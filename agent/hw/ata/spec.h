/* SPDX-License-Identifier: Apache-2.0 */
/* ACS-3, ACS-4 and (for what they dropped) ATA8-ACS, and SAT-4: the parts of them that are in use, with their names. */
#ifndef AGENT_HW_ATA_SPEC_H
#define AGENT_HW_ATA_SPEC_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define ATA_BLOCK 512 /* bytes of every data transfer here */

/* SAT-4, 12.2.2.3: ATA PASS-THROUGH (16) */
#define ATA_PASS_THROUGH_16    0x85
#define ATA_PROTOCOL_NON_DATA  3
#define ATA_PROTOCOL_PIO_IN    4
#define ATA_PROTOCOL_PIO_OUT   5
#define ATA_PASS_CK_COND       0x20 /* the registers are wanted after a success too */
#define ATA_PASS_T_DIR_IN      0x08
#define ATA_PASS_BYTE_BLOCK    0x04
#define ATA_PASS_LENGTH_COUNT  0x02 /* the length is in COUNT, in blocks */
#define ATA_PASS_INFORMATION_Q 0x1d /* ASCQ with ASC 00h: "ATA pass-through information available" */

/* SAT-4, 12.2.2.7: the ATA Status Return descriptor of sense data */
struct ata_status_return {
	uint8_t code;   /* 09h */
	uint8_t length; /* 12 */
	uint8_t extend; /* bit 0: the upper bytes are valid */
	uint8_t error;
	uint8_t count_hi, count_lo;
	uint8_t lba_31_24, lba_7_0, lba_39_32, lba_15_8, lba_47_40, lba_23_16;
	uint8_t device, status;
};
static_assert(sizeof(struct ata_status_return) == 14, "SAT-4, 12.2.2.7");

/* ACS-4, 6.2: STATUS */
#define ATA_STATUS_BSY  0x80
#define ATA_STATUS_DRDY 0x40
#define ATA_STATUS_DF   0x20
#define ATA_STATUS_DRQ  0x08
#define ATA_STATUS_ERR  0x01

/* ACS-4, 6.3: ERROR */
#define ATA_ERROR_ICRC 0x80
#define ATA_ERROR_UNC  0x40
#define ATA_ERROR_MC   0x20
#define ATA_ERROR_IDNF 0x10
#define ATA_ERROR_MCR  0x08
#define ATA_ERROR_ABRT 0x04
#define ATA_ERROR_EOM  0x02
#define ATA_ERROR_ILI  0x01

#define ATA_DEVICE_LBA 0x40

/* commands, and what goes into FEATURE */
#define ATA_IDENTIFY_DEVICE           0xec
#define ATA_READ_NATIVE_MAX_EXT       0x27 /* Host Protected Area feature set, ATA8-ACS */
#define ATA_SET_MAX_EXT               0x37
#define ATA_SET_MAX_NON_VOLATILE      0x0001 /* in COUNT */
#define ATA_ACCESSIBLE_MAX            0x78   /* Accessible Max Address Configuration feature set, ACS-3 */
#define ATA_GET_NATIVE_MAX            0x0000
#define ATA_SET_ACCESSIBLE_MAX        0x0001
#define ATA_FREEZE_ACCESSIBLE_MAX     0x0002
#define ATA_DEVICE_CONFIGURATION      0xb1 /* Device Configuration Overlay, ATA8-ACS, 7.10 */
#define ATA_DCO_RESTORE               0xc0
#define ATA_DCO_FREEZE                0xc1
#define ATA_DCO_IDENTIFY              0xc2
#define ATA_SANITIZE_DEVICE           0xb4 /* ACS-4, 7.36 */
#define ATA_SANITIZE_STATUS_EXT       0x0000
#define ATA_CRYPTO_SCRAMBLE_EXT       0x0011
#define ATA_BLOCK_ERASE_EXT           0x0012
#define ATA_OVERWRITE_EXT             0x0014
#define ATA_SANITIZE_FREEZE_LOCK_EXT  0x0020
#define ATA_SECURITY_SET_PASSWORD     0xf1 /* Security feature set, ACS-4 */
#define ATA_SECURITY_UNLOCK           0xf2
#define ATA_SECURITY_ERASE_PREPARE    0xf3
#define ATA_SECURITY_ERASE_UNIT       0xf4
#define ATA_SECURITY_FREEZE_LOCK      0xf5
#define ATA_SECURITY_DISABLE_PASSWORD 0xf6

/* ACS-4, 7.36: what LBA must hold so that a slip does not erase a drive */
#define ATA_CRYPTO_SCRAMBLE_KEY   0x43727970ull     /* "Cryp" */
#define ATA_BLOCK_ERASE_KEY       0x426b4572ull     /* "BkEr" */
#define ATA_OVERWRITE_KEY         0x4f5700000000ull /* "OW" in bits 47:32, the pattern in 31:0 */
#define ATA_SANITIZE_FREEZE_KEY   0x46724c6bull     /* "FrLk" */
#define ATA_SANITIZE_FAILURE_MODE 0x0010 /* in COUNT: a failure may be left without another sanitize */

/* SANITIZE STATUS EXT, outputs: COUNT, and LBA bits 7:0 after an abort */
#define ATA_SANITIZE_COMPLETED        0x8000
#define ATA_SANITIZE_IN_PROGRESS      0x4000
#define ATA_SANITIZE_FROZEN           0x2000
#define ATA_SANITIZE_WHY_UNSUCCESSFUL 1
#define ATA_SANITIZE_WHY_UNSUPPORTED  2
#define ATA_SANITIZE_WHY_FROZEN       3

/* The 512 bytes of SECURITY SET PASSWORD, UNLOCK, ERASE UNIT and DISABLE PASSWORD; numbers are little-endian */
#define ATA_PASSWORD_SIZE 32
struct ata_security_data {
	uint16_t control; /* bit 0: master instead of user; bit 1: enhanced erase; bit 8: level maximum */
	uint8_t password[ATA_PASSWORD_SIZE];
	uint16_t master_identifier;
	uint8_t bytes_36[ATA_BLOCK - 36];
};
static_assert(sizeof(struct ata_security_data) == ATA_BLOCK, "Security feature set");
#define ATA_SECURITY_MASTER   0x0001
#define ATA_SECURITY_ENHANCED 0x0002

/* IDENTIFY DEVICE: words */
#define ATA_ID_CONFIGURATION    0
#define ATA_ID_SERIAL           10 /* 10 words */
#define ATA_ID_FIRMWARE         23 /* 4 */
#define ATA_ID_MODEL            27 /* 20 */
#define ATA_ID_TRUSTED          48
#define ATA_ID_SANITIZE         59
#define ATA_ID_SECTORS_28       60 /* 2 */
#define ATA_ID_ADDITIONAL       69
#define ATA_ID_COMMANDS_1       82
#define ATA_ID_COMMANDS_2       83
#define ATA_ID_ERASE_TIME       89
#define ATA_ID_ENHANCED_TIME    90
#define ATA_ID_SECTORS_48       100 /* 4 */
#define ATA_ID_SECTOR_SIZES     106
#define ATA_ID_SECTOR_WORDS     117 /* 2 */
#define ATA_ID_COMMANDS_4       119
#define ATA_ID_SECURITY         128
#define ATA_ID_ROTATION         217
#define ATA_ID_SECTORS_EXTENDED 230 /* 4 */
#define ATA_ID_INTEGRITY        255

#define ATA_ID_SANITIZE_SUPPORTED (1u << 12)
#define ATA_ID_SANITIZE_CRYPTO    (1u << 13)
#define ATA_ID_SANITIZE_OVERWRITE (1u << 14)
#define ATA_ID_SANITIZE_BLOCK     (1u << 15)
#define ATA_ID_HPA                (1u << 10) /* word 82 */
#define ATA_ID_LBA48              (1u << 10) /* word 83 */
#define ATA_ID_DCO                (1u << 11) /* word 83 */
#define ATA_ID_AMAC               (1u << 8)  /* word 119 */
#define ATA_ID_EXTENDED_SECTORS   (1u << 3)  /* word 69 */
#define ATA_ID_LONG_SECTORS       (1u << 12) /* word 106 */

#define ATA_ID_SECURITY_SUPPORTED       (1u << 0) /* word 128 */
#define ATA_ID_SECURITY_ENABLED         (1u << 1)
#define ATA_ID_SECURITY_LOCKED          (1u << 2)
#define ATA_ID_SECURITY_FROZEN          (1u << 3)
#define ATA_ID_SECURITY_EXPIRED         (1u << 4)
#define ATA_ID_SECURITY_ERASES_ENHANCED (1u << 5)

/* Word 255 of IDENTIFY DEVICE and of DEVICE CONFIGURATION IDENTIFY: this in bits 7:0, then the sum of all 512 bytes is 0 */
#define ATA_INTEGRITY_SIGNATURE 0xa5

/* DEVICE CONFIGURATION IDENTIFY (ATA8-ACS, 7.10.3.6): words */
#define ATA_DCO_MAX_LBA   3 /* 4 */
#define ATA_DCO_INTEGRITY 255

#define ATA_SECTORS_MAX (1ull << 48)

#endif
