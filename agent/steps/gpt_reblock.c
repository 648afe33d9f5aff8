/* SPDX-License-Identifier: Apache-2.0 */
/* The same partitions in another block size: UEFI 2.10, 5.3. Byte offsets stay, block numbers change. */
#include <endian.h>
#include <inttypes.h>
#include <string.h>
#include <zlib.h>

#include "agent/hw/block/block.h"
#include "agent/steps/gpt.h"
#include "core/io.h"
#include "efi/gpt.h"
#include "efi/gpt_spec.h"

struct reblock {
	uint32_t from, to; /* bytes of a block */
	uint64_t blocks;   /* of the disk, in `to` */
	struct gpt_header header;
	uint32_t n;            /* entries */
	uint64_t table_blocks; /* that they take, in `to` */
	uint64_t first_usable, last_usable;
};

/* gpt_read() has found the header and the entries to be good and within the buffer. */
static void plan(struct reblock *r, const uint8_t *old)
{
	uint64_t usable;

	memcpy(&r->header, old + r->from, sizeof(r->header));
	r->n = le32toh(r->header.NumberOfPartitionEntries);
	r->table_blocks = ((uint64_t)r->n * sizeof(struct gpt_entry) + r->to - 1) / r->to;
	usable = (le64toh(r->header.FirstUsableLBA) * r->from + r->to - 1) / r->to;
	r->first_usable = usable > 2 + r->table_blocks ? usable : 2 + r->table_blocks;
	r->last_usable = r->blocks - r->table_blocks - 2; /* the backup's entries and header follow */
}

static int convert_entry(const struct reblock *r, uint32_t number, const uint8_t *from, uint8_t *to,
			 struct err *err)
{
	static const uint8_t unused[16];
	struct gpt_entry entry;
	uint64_t start, end;

	memcpy(&entry, from, sizeof(entry));
	if (!memcmp(entry.PartitionTypeGUID, unused, sizeof(unused)))
		return 0;
	start = le64toh(entry.StartingLBA) * r->from;
	end = (le64toh(entry.EndingLBA) + 1) * r->from;
	if (start % r->to || end % r->to)
		return err_set(err, EINVAL,
			       "partition %" PRIu32 " does not lie on whole blocks of %" PRIu32
			       " bytes, as this disk has them",
			       number, r->to);
	if (start / r->to < 2 + r->table_blocks)
		return err_set(err, EINVAL,
			       "partition %" PRIu32 " begins at byte %" PRIu64
			       ", where the partition table of a disk with blocks of %" PRIu32 " bytes lies",
			       number, start, r->to);
	if (end / r->to > r->last_usable + 1)
		return err_set(err, ENOSPC, "partition %" PRIu32 " ends behind the disk's last usable block",
			       number);
	entry.StartingLBA = htole64(start / r->to);
	entry.EndingLBA = htole64(end / r->to - 1);
	memcpy(to, &entry, sizeof(entry));
	return 0;
}

static int convert_entries(struct reblock *r, const uint8_t *old, uint8_t *table, struct err *err)
{
	uint64_t at = le64toh(r->header.PartitionEntryLBA) * r->from;
	uint32_t size = le32toh(r->header.SizeOfPartitionEntry);
	int result;

	for (uint32_t i = 0; i < r->n; i++) {
		uint64_t to = (uint64_t)i * sizeof(struct gpt_entry);

		if ((result = convert_entry(r, i + 1, old + at + (uint64_t)i * size, table + to, err)) < 0)
			return result;
	}
	return 0;
}

static void write_header(const struct reblock *r, uint8_t *first, const uint8_t *table)
{
	struct gpt_header h = r->header;

	h.HeaderSize = htole32(sizeof(h));
	h.HeaderCRC32 = 0;
	h.AlternateLBA = htole64(r->blocks - 1);
	h.FirstUsableLBA = htole64(r->first_usable);
	h.LastUsableLBA = htole64(r->last_usable);
	h.PartitionEntryLBA = htole64(2);
	h.SizeOfPartitionEntry = htole32(sizeof(struct gpt_entry));
	h.PartitionEntryArrayCRC32 =
		htole32((uint32_t)crc32(0, table, (uInt)(r->n * sizeof(struct gpt_entry))));
	h.HeaderCRC32 = htole32((uint32_t)crc32(0, (const void *)&h, sizeof(h)));
	memcpy(first + r->to, &h, sizeof(h));
}

/* One protective record; boot code reads blocks of 512 bytes and is of no use on others. */
static void write_mbr(const struct reblock *r, const uint8_t *old, uint8_t *first)
{
	struct mbr before, mbr = {.Signature = htole16(0xaa55)};

	memcpy(&before, old, sizeof(before));
	if (r->to == 512) {
		memcpy(mbr.BootCode, before.BootCode, sizeof(mbr.BootCode));
		mbr.UniqueMBRDiskSignature = before.UniqueMBRDiskSignature;
	}
	mbr.Partition[0] = (struct mbr_partition){
		.StartingCHS = {0, 2, 0},
		.OSType = MBR_OS_TYPE_GPT_PROTECTIVE,
		.EndingCHS = {0xff, 0xff, 0xff},
		.StartingLBA = htole32(1),
		.SizeInLBA = htole32(r->blocks - 1 < UINT32_MAX ? (uint32_t)(r->blocks - 1) : UINT32_MAX),
	};
	memcpy(first, &mbr, sizeof(mbr));
}

/* What the old table took is cleared, so that no reader finds two. */
static void clear_table(const struct reblock *r, uint8_t *first)
{
	uint64_t table = le64toh(r->header.PartitionEntryLBA) * r->from;

	memset(first, 0, 2 * (uint64_t)r->from);
	memset(first + table, 0, (uint64_t)r->n * le32toh(r->header.SizeOfPartitionEntry));
}

static int convert(struct reblock *r, const uint8_t *old, uint32_t len, uint8_t *new, struct err *err)
{
	_cleanup_free_ uint8_t *table = NULL;
	uint64_t table_len;
	int result;

	plan(r, old);
	table_len = r->table_blocks * r->to;
	if (len < 2 * (uint64_t)r->to + table_len || r->blocks < 2 * r->table_blocks + 4)
		return err_set(err, EINVAL, "no room for a partition table in blocks of %" PRIu32 " bytes",
			       r->to);
	table = xcalloc(1, table_len);
	if ((result = convert_entries(r, old, table, err)) < 0)
		return result;
	memcpy(new, old, len);
	clear_table(r, new);
	memset(new, 0, 2 * (size_t)r->to);
	memcpy(new + 2 * (size_t)r->to, table, table_len);
	write_header(r, new, table);
	write_mbr(r, old, new);
	return 0;
}

int gpt_reblock(void **first, uint32_t *len, uint32_t from, uint32_t to, uint64_t disk_size, struct err *err)
{
	struct reblock r = {.from = from, .to = to, .blocks = disk_size / (to ? to : 1)};
	_cleanup_(gpt_freep) struct gpt *gpt = NULL;
	_cleanup_free_ uint8_t *new = NULL;

	if ((from != 512 && from != 4096) || (to != 512 && to != 4096) || disk_size % to || disk_size < *len)
		return err_set(err, EINVAL,
			       "partition table: no conversion from blocks of %" PRIu32 " to %" PRIu32
			       " bytes on a disk of %" PRIu64,
			       from, to, disk_size);
	if (from == to)
		return 0;
	if (gpt_read(*first, *len, from, &gpt, err) < 0)
		return err_prepend(err, "the image, counted in blocks of %" PRIu32 " bytes", from);
	new = block_buffer(*len);
	if (convert(&r, *first, *len, new, err) < 0)
		return err_prepend(err, "partition table: for blocks of %" PRIu32 " bytes", to);
	free(*first);
	*first = TAKE_PTR(new);
	return 0;
}
