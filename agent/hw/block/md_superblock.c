/* SPDX-License-Identifier: Apache-2.0 */
/* The superblock of metadata 1.0: struct mdp_superblock_1 of the kernel's linux/raid/md_p.h, little-endian, in units of 512 bytes. */
#include <assert.h>
#include <endian.h>
#include <linux/types.h>
/* after linux/types.h */
#include <asm/byteorder.h>
#include <linux/raid/md_p.h>
#include <stddef.h>
#include <string.h>

#include "agent/hw/block/md.h"

#define SECTOR     512u
#define BEFORE_END 8192u /* bytes between superblock and the member's end, at least */
#define ALIGN_MIB  (UINT64_C(1) << 20)
#define N_ROLES    128u /* so that superblock and roles fill 512 bytes */
#define LEVEL_1    1u
#define FAULTY     0xfffe /* dev_roles */
#define SPARE      0xffff
#define IN_SYNC    UINT64_MAX /* resync_offset: nothing is left to do */

static_assert(sizeof(struct mdp_superblock_1) == 256, "md_p.h: 256 bytes before the roles");
static_assert(MD_MEMBERS_MAX <= N_ROLES && 256 + 2 * N_ROLES <= MD_SUPERBLOCK_SIZE, "the roles fit");

uint64_t md_superblock_offset(uint64_t member_size)
{
	/* super_1_load(): 16 sectors before the end, rounded down to 4 KiB. */
	return member_size < 2 * BEFORE_END ? 0 : (member_size / SECTOR * SECTOR - BEFORE_END) / 4096 * 4096;
}

uint64_t md_array_size(uint64_t member_size)
{
	return md_superblock_offset(member_size) / ALIGN_MIB * ALIGN_MIB;
}

/* Sum of all 32-bit words, this one taken as 0, with the carry added (calc_sb_1_csum). */
static uint32_t checksum(const uint8_t *sb)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < 256 + 2 * N_ROLES; i += 4) {
		uint32_t word;

		memcpy(&word, sb + i, 4);
		if (i != offsetof(struct mdp_superblock_1, sb_csum))
			sum += le32toh(word);
	}
	return (uint32_t)(sum & 0xffffffff) + (uint32_t)(sum >> 32);
}

static void put_roles(uint8_t *buf, const struct md_array *array, uint32_t missing)
{
	for (unsigned i = 0; i < N_ROLES; i++) {
		uint16_t role = htole16(i >= array->n_members ? SPARE
					: missing & 1u << i   ? FAULTY
							      : (uint16_t)i);

		memcpy(buf + 256 + 2 * i, &role, 2);
	}
}

void md_superblock_make(const struct md_array *array, unsigned member, uint64_t member_size, uint32_t missing,
			void *buf)
{
	struct mdp_superblock_1 sb = {
		.magic = htole32(MD_SB_MAGIC),
		.major_version = htole32(1),
		.ctime = htole64(array->created & MD_SUPERBLOCK_1_TIME_SEC_MASK),
		.level = htole32(LEVEL_1),
		.size = htole64(array->size / SECTOR),
		.raid_disks = htole32(array->n_members),
		.data_size = htole64(array->size / SECTOR),
		.super_offset = htole64(md_superblock_offset(member_size) / SECTOR),
		.dev_number = htole32(member),
		.utime = htole64(array->created & MD_SUPERBLOCK_1_TIME_SEC_MASK),
		.events = htole64(1),
		.resync_offset = htole64(IN_SYNC),
		.max_dev = htole32(N_ROLES),
	};

	memcpy(sb.set_uuid, array->uuid, sizeof(sb.set_uuid));
	memcpy(sb.set_name, array->name, strnlen(array->name, sizeof(sb.set_name)));
	/* Each member's own, and the same for the same array. */
	memcpy(sb.device_uuid, array->uuid, sizeof(sb.device_uuid));
	sb.device_uuid[0] ^= (uint8_t)(member + 1);
	memset(buf, 0, MD_SUPERBLOCK_SIZE);
	memcpy(buf, &sb, sizeof(sb));
	put_roles(buf, array, missing);
	sb.sb_csum = htole32(checksum(buf));
	memcpy((uint8_t *)buf + offsetof(struct mdp_superblock_1, sb_csum), &sb.sb_csum, 4);
}
