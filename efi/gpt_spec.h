/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.10, 5.3.2 (table 5.5) and 5.3.3 (table 5.6), with its names. All little-endian. */
#ifndef EFI_GPT_SPEC_H
#define EFI_GPT_SPEC_H

#include <assert.h>
#include <stdint.h>

#define GPT_SIGNATURE     "EFI PART"
#define GPT_REVISION      0x00010000u
#define GPT_ENTRY_ALIGNED 128u /* SizeOfPartitionEntry is 128 * 2^n */

struct gpt_header {
	char Signature[8];
	uint32_t Revision;
	uint32_t HeaderSize;
	uint32_t HeaderCRC32; /* over HeaderSize bytes, this field taken as 0 */
	uint32_t Reserved;
	uint64_t MyLBA;
	uint64_t AlternateLBA;
	uint64_t FirstUsableLBA;
	uint64_t LastUsableLBA;
	uint8_t DiskGUID[16];
	uint64_t PartitionEntryLBA;
	uint32_t NumberOfPartitionEntries;
	uint32_t SizeOfPartitionEntry;
	uint32_t PartitionEntryArrayCRC32;
} __attribute__((packed));
static_assert(sizeof(struct gpt_header) == 92, "GPT Header");

struct gpt_entry {
	uint8_t PartitionTypeGUID[16]; /* zeros: unused */
	uint8_t UniquePartitionGUID[16];
	uint64_t StartingLBA;
	uint64_t EndingLBA; /* included */
	uint64_t Attributes;
	uint16_t PartitionName[36];
} __attribute__((packed));
static_assert(sizeof(struct gpt_entry) == 128, "GPT Partition Entry");

/* Legacy MBR, 5.2.1, which protects a GPT. */
struct mbr_partition { /* table 5.2 */
	uint8_t BootIndicator;
	uint8_t StartingCHS[3];
	uint8_t OSType;
	uint8_t EndingCHS[3];
	uint32_t StartingLBA;
	uint32_t SizeInLBA;
} __attribute__((packed));

struct mbr { /* table 5.1 */
	uint8_t BootCode[440];
	uint32_t UniqueMBRDiskSignature;
	uint16_t Unknown;
	struct mbr_partition Partition[4];
	uint16_t Signature;
} __attribute__((packed));
static_assert(sizeof(struct mbr) == 512, "UEFI 2.10, table 5.1");

#define MBR_OS_TYPE_GPT_PROTECTIVE 0xee

#endif
