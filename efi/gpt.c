/* SPDX-License-Identifier: Apache-2.0 */
#include "efi/gpt.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "core/io.h"
#include "efi/gpt_spec.h"
#include "efi/guid.h"

/* UEFI 2.10, 5.3.2: CRC32 of CCITT, polynomial 0x04c11db7, as in ISO 3309; here bit by bit over a few KiB. */
static uint32_t crc32_add(uint32_t crc, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		crc ^= bytes[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return crc;
}

static uint32_t header_crc(const uint8_t *header, uint32_t len)
{
	static const uint8_t zeros[4];
	size_t at = offsetof(struct gpt_header, HeaderCRC32);
	uint32_t crc = crc32_add(UINT32_MAX, header, at);

	crc = crc32_add(crc, zeros, sizeof(zeros));
	return ~crc32_add(crc, header + at + sizeof(zeros), len - at - sizeof(zeros));
}

static int read_header(const uint8_t *disk, size_t len, uint32_t block, struct gpt_header *header,
		       struct err *err)
{
	if ((block != 512 && block != 4096) || len / block < 2)
		return err_set(err, EBADMSG, "partition table: too little of the disk to hold one");
	memcpy(header, disk + block, sizeof(*header));
	if (memcmp(header->Signature, GPT_SIGNATURE, sizeof(header->Signature)) != 0)
		return err_set(err, EBADMSG,
			       "partition table: no GPT header at logical block 1 (of %u bytes)", block);
	if (header->Revision != GPT_REVISION || header->HeaderSize < sizeof(*header) ||
	    header->HeaderSize > block || header->MyLBA != 1)
		return err_set(err, EBADMSG, "partition table: the GPT header's size or place is wrong");
	if (header_crc(disk + block, header->HeaderSize) != header->HeaderCRC32)
		return err_set(err, EBADMSG, "partition table: the GPT header's CRC is wrong");
	if (header->FirstUsableLBA > header->LastUsableLBA || header->LastUsableLBA >= UINT64_MAX / block)
		return err_set(err, EBADMSG, "partition table: no usable blocks");
	return 0;
}

/* The entry array, its CRC checked. */
static int find_entries(const uint8_t *disk, size_t len, uint32_t block, const struct gpt_header *header,
			const uint8_t **ret, struct err *err)
{
	uint64_t size = (uint64_t)header->NumberOfPartitionEntries * header->SizeOfPartitionEntry;
	uint64_t first = header->PartitionEntryLBA;

	if (!header->NumberOfPartitionEntries || header->NumberOfPartitionEntries > GPT_ENTRIES_MAX ||
	    header->SizeOfPartitionEntry % GPT_ENTRY_ALIGNED || header->SizeOfPartitionEntry > 4096 || !size)
		return err_set(err, EBADMSG, "partition table: %u entries of %u bytes",
			       header->NumberOfPartitionEntries, header->SizeOfPartitionEntry);
	if (first < 2 || first >= header->FirstUsableLBA || first > len / block || size > len - first * block)
		return err_set(err, EBADMSG, "partition table: the entries do not lie behind the header");
	if (~crc32_add(UINT32_MAX, disk + first * block, size) != header->PartitionEntryArrayCRC32)
		return err_set(err, EBADMSG, "partition table: the entries' CRC is wrong");
	*ret = disk + first * block;
	return 0;
}

static bool overlaps(const struct gpt *gpt, const struct gpt_partition *p)
{
	for (unsigned i = 0; i < gpt->n_partitions; i++) {
		const struct gpt_partition *q = &gpt->partitions[i];

		if (p->start < q->start + q->size && q->start < p->start + p->size)
			return true;
	}
	return false;
}

static int add_partition(struct gpt *gpt, uint32_t number, const uint8_t *bytes, struct err *err)
{
	static const uint8_t unused[16];
	struct gpt_partition *p = &gpt->partitions[gpt->n_partitions];
	struct gpt_entry entry;

	memcpy(&entry, bytes, sizeof(entry));
	if (!memcmp(entry.PartitionTypeGUID, unused, sizeof(unused)))
		return 0;
	if (entry.StartingLBA < gpt->first_usable || entry.EndingLBA > gpt->last_usable ||
	    entry.StartingLBA > entry.EndingLBA)
		return err_set(err, EBADMSG, "partition table: partition %u is not within the usable blocks",
			       number);
	p->number = number;
	guid_text(entry.PartitionTypeGUID, p->type);
	guid_text(entry.UniquePartitionGUID, p->guid);
	p->start = entry.StartingLBA;
	p->size = entry.EndingLBA - entry.StartingLBA + 1;
	if (overlaps(gpt, p) || gpt_find(gpt, p->guid))
		return err_set(err, EBADMSG,
			       "partition table: partition %u overlaps another, or has its GUID", number);
	gpt->n_partitions++;
	return 0;
}

int gpt_read(const void *disk, size_t len, uint32_t logical_block_size, struct gpt **ret, struct err *err)
{
	_cleanup_(gpt_freep) struct gpt *gpt = xcalloc(1, sizeof(*gpt));
	struct gpt_header header = {0};
	const uint8_t *entries = NULL;
	int r = read_header(disk, len, logical_block_size, &header, err);

	if (r == 0)
		r = find_entries(disk, len, logical_block_size, &header, &entries, err);
	if (r < 0 || !entries)
		return r;
	guid_text(header.DiskGUID, gpt->disk);
	gpt->first_usable = header.FirstUsableLBA;
	gpt->last_usable = header.LastUsableLBA;
	gpt->backup = header.AlternateLBA;
	gpt->partitions = xcalloc(header.NumberOfPartitionEntries, sizeof(*gpt->partitions));
	for (uint32_t i = 0; i < header.NumberOfPartitionEntries; i++) {
		r = add_partition(gpt, i + 1, entries + (size_t)i * header.SizeOfPartitionEntry, err);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(gpt);
	return 0;
}

const struct gpt_partition *gpt_find(const struct gpt *gpt, const char *guid)
{
	for (unsigned i = 0; i < gpt->n_partitions; i++)
		if (!strcasecmp(gpt->partitions[i].guid, guid))
			return &gpt->partitions[i];
	return NULL;
}

void gpt_free(struct gpt *gpt)
{
	if (!gpt)
		return;
	free(gpt->partitions);
	free(gpt);
}
