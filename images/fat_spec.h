/* SPDX-License-Identifier: Apache-2.0 */
/* FAT12 and FAT16: ECMA-107 (boot record 8, directory entries 11), long names as in Microsoft's FAT specification 1.03. Little-endian. */
#ifndef IMAGES_FAT_SPEC_H
#define IMAGES_FAT_SPEC_H

#include <assert.h>
#include <stdint.h>

struct fat_boot {
	uint8_t jmp[3];
	char oem[8];
	uint16_t bytes_per_sector;
	uint8_t sectors_per_cluster;
	uint16_t reserved_sectors;
	uint8_t n_fats;
	uint16_t root_entries;
	uint16_t total_sectors;
	uint8_t media;
	uint16_t sectors_per_fat;
	uint16_t sectors_per_track, heads;
	uint32_t hidden_sectors, total_sectors_32;
	uint8_t drive, reserved, boot_signature;
	uint32_t serial;
	char label[11], type[8];
	uint8_t code[448];
	uint8_t signature[2]; /* 55 aa */
} __attribute__((packed));
static_assert(sizeof(struct fat_boot) == 512, "ECMA-107, 8.3");

struct fat_entry {
	char name[11];
	uint8_t attributes, reserved, created_tenth;
	uint16_t created_time, created_date, accessed_date, cluster_high;
	uint16_t written_time, written_date, cluster;
	uint32_t size;
} __attribute__((packed));
static_assert(sizeof(struct fat_entry) == 32, "ECMA-107, 11.1");

struct fat_long_entry {
	uint8_t order; /* from 1; the last part of the name has FAT_LONG_LAST and comes first */
	uint16_t name1[5];
	uint8_t attributes, type, checksum;
	uint16_t name2[6];
	uint16_t cluster;
	uint16_t name3[2];
} __attribute__((packed));
static_assert(sizeof(struct fat_long_entry) == 32, "long directory entry");

#define FAT_MEDIA_FIXED  0xf8
#define FAT_END          0xffff /* of FAT16; its low 12 bits are FAT12's */
#define FAT_ATTR_RO      0x01
#define FAT_ATTR_LABEL   0x08
#define FAT_ATTR_FOLDER  0x10
#define FAT_ATTR_ARCHIVE 0x20
#define FAT_ATTR_LONG    0x0f
#define FAT_LONG_LAST    0x40
#define FAT_LONG_CHARS   13 /* of a name in one entry */

#endif
