/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ISO 9660, as ECMA-119 (2nd edition) has it: descriptors 8, directory records 9.1, path tables 9.4; and the boot catalog of El Torito 1.0,
 * section 2, with the platform of UEFI 2.10, 13.3.2.1. Numbers in both byte orders (7.2.3, 7.3.3) have the little-endian half first.
 */
#ifndef IMAGES_ISO_SPEC_H
#define IMAGES_ISO_SPEC_H

#include <assert.h>
#include <stdint.h>

#define ISO_BLOCK         2048u /* bytes, of the medium and of the volume */
#define ISO_SYSTEM_BLOCKS 16u   /* 6.2.1: not ISO 9660's */
#define ISO_ID            "CD001"
#define ISO_NAME_MAX      30 /* 7.5.1: of a file, with the dot and without the version */

enum iso_descriptor_type { ISO_BOOT_RECORD = 0, ISO_PRIMARY = 1, ISO_TERMINATOR = 255 };

struct iso_both16 {
	uint16_t le, be;
} __attribute__((packed));

struct iso_both32 {
	uint32_t le, be;
} __attribute__((packed));

struct iso_date {     /* 9.1.5 */
	uint8_t year; /* since 1900 */
	uint8_t month, day, hour, minute, second;
	int8_t zone; /* quarters of an hour */
} __attribute__((packed));

struct iso_long_date { /* 8.4.26.1 */
	char digits[16];
	int8_t zone;
} __attribute__((packed));

#define ISO_FLAG_FOLDER 0x02
#define ISO_FLAG_MORE   0x80 /* the file goes on in the next record */

struct iso_record { /* 9.1; behind it the identifier, and a byte so that the length is even */
	uint8_t length;
	uint8_t extended; /* blocks of an extended attribute record */
	struct iso_both32 extent;
	struct iso_both32 size; /* bytes */
	struct iso_date date;
	uint8_t flags;
	uint8_t unit, gap;
	struct iso_both16 volume;
	uint8_t name_length;
} __attribute__((packed));
static_assert(sizeof(struct iso_record) == 33, "ECMA-119, 9.1");

struct iso_path { /* 9.4; behind it the identifier, and a byte so that the length is even */
	uint8_t name_length;
	uint8_t extended;
	uint32_t extent;
	uint16_t parent; /* number of the parent's record, from 1 */
} __attribute__((packed));
static_assert(sizeof(struct iso_path) == 8, "ECMA-119, 9.4");

struct iso_primary { /* 8.4 */
	uint8_t type;
	char id[5];
	uint8_t version;
	uint8_t unused1;
	char system[32], label[32];
	uint8_t unused2[8];
	struct iso_both32 blocks;
	uint8_t unused3[32];
	struct iso_both16 set_size, sequence, block_size;
	struct iso_both32 path_size; /* bytes */
	uint32_t path_le, path_le2, path_be, path_be2;
	struct iso_record root;
	char root_name;
	char set[128], publisher[128], preparer[128], application[128];
	char copyright[37], abstract[37], bibliography[37];
	struct iso_long_date created, modified, expires, effective;
	uint8_t structure, reserved;
	uint8_t for_applications[512];
	uint8_t reserved2[653];
} __attribute__((packed));
static_assert(sizeof(struct iso_primary) == ISO_BLOCK, "ECMA-119, 8.4");

#define EL_TORITO_ID "EL TORITO SPECIFICATION"

struct iso_boot_record { /* ECMA-119, 8.2; El Torito, figure 7 */
	uint8_t type;
	char id[5];
	uint8_t version;
	char system[32];
	uint8_t unused[32];
	uint32_t catalog; /* block */
	uint8_t unused2[1973];
} __attribute__((packed));
static_assert(sizeof(struct iso_boot_record) == ISO_BLOCK, "El Torito, figure 7");

#define EL_TORITO_PLATFORM_EFI   0xef
#define EL_TORITO_BOOTABLE       0x88
#define EL_TORITO_SECTOR         512u /* bytes: the unit of `sectors` */
#define EL_TORITO_SECTORS_TO_END 0    /* UEFI: 0 or 1 mean up to the end of the medium */

struct el_torito_validation { /* figure 2 */
	uint8_t header;       /* 1 */
	uint8_t platform;
	uint16_t reserved;
	char id[24];
	uint16_t checksum; /* the sum of all words of the entry is 0 */
	uint8_t key[2];    /* 55 aa */
} __attribute__((packed));
static_assert(sizeof(struct el_torito_validation) == 32, "El Torito, figure 2");

struct el_torito_entry { /* figure 3 */
	uint8_t indicator;
	uint8_t media; /* 0: no emulation */
	uint16_t segment;
	uint8_t system, unused;
	uint16_t sectors;
	uint32_t block;
	uint8_t unused2[20];
} __attribute__((packed));
static_assert(sizeof(struct el_torito_entry) == 32, "El Torito, figure 3");

#endif
