/* SPDX-License-Identifier: Apache-2.0 */
/* SMBIOS, DMTF DSP0134 3.7: types and offsets in the formatted area of the structures that are read. */
#ifndef AGENT_HW_SMBIOS_SPEC_H
#define AGENT_HW_SMBIOS_SPEC_H

#include <assert.h>
#include <stdint.h>

/* 6.1.2 */
struct smbios_header {
	uint8_t type;
	uint8_t length; /* of the formatted area, this header included */
	uint16_t handle;
} __attribute__((packed));
static_assert(sizeof(struct smbios_header) == 4, "6.1.2");

enum smbios_type {
	SMBIOS_BIOS = 0,           /* 7.1 */
	SMBIOS_SYSTEM = 1,         /* 7.2 */
	SMBIOS_BASEBOARD = 2,      /* 7.3 */
	SMBIOS_CHASSIS = 3,        /* 7.4 */
	SMBIOS_SLOT = 9,           /* 7.10 */
	SMBIOS_MEMORY_DEVICE = 17, /* 7.18 */
	SMBIOS_END = 127,          /* 7.45 */
};

#define SMBIOS_SYSTEM_UUID 0x08 /* 7.2.1 */

/* 7.10, system slots: addresses since 2.6; all bits set where there is none */
#define SMBIOS_SLOT_DESIGNATION 0x04
#define SMBIOS_SLOT_USAGE       0x07 /* BYTE; 7.10.3 */
#define SMBIOS_SLOT_SEGMENT     0x0d /* WORD */
#define SMBIOS_SLOT_BUS         0x0f /* BYTE */
#define SMBIOS_SLOT_DEVFN       0x10 /* BYTE: bits 7:3 device, 2:0 function */

#define SMBIOS_SLOT_IN_USE 0x04

/* 7.18, memory device */
#define SMBIOS_MEMORY_SIZE           0x0c /* WORD; bit 15: KiB instead of MiB */
#define SMBIOS_MEMORY_LOCATOR        0x10
#define SMBIOS_MEMORY_SPEED          0x15 /* WORD, MT/s */
#define SMBIOS_MEMORY_MANUFACTURER   0x17
#define SMBIOS_MEMORY_SERIAL         0x18
#define SMBIOS_MEMORY_PART           0x1a
#define SMBIOS_MEMORY_EXTENDED_SIZE  0x1c /* DWORD, bits 30:0 in MiB */
#define SMBIOS_MEMORY_EXTENDED_SPEED 0x54 /* DWORD, MT/s */

#endif
