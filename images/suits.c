/* SPDX-License-Identifier: Apache-2.0 */
#include <blkid.h>
#include <endian.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "core/io.h"
#include "images/gpt.h"
#include "images/suits.h"
#include "images/zeros.h"

#define BLOCK        4096u
#define PARTS_MAX    256
#define ENTRIES_MAX  1024u
#define ENTRY_SIZE   128u       /* UEFI 2.10, table 5.6 */
#define PIECE        (1u << 20) /* bytes read at once */
#define COUNT_OFFSET 80         /* NumberOfPartitionEntries, UEFI 2.10, table 5.5 */

DEFINE_CLEANUP(blkid_probe, blkid_free_probe);

/* What is wrong, one partition after another. */
struct findings {
	char text[480];
	unsigned n;
};

static void found(struct findings *f, const struct gpt_part *p, const char *type, const char *why)
{
	size_t at = strlen(f->text);

	f->n++;
	snprintf(f->text + at, sizeof(f->text) - at, "%spartition %u%s%s%s: %s", at ? "; " : "", p->number,
		 type ? " (" : "", type ? type : "", type ? ")" : "", why);
}

/* ---- file systems: the block in which each reads and writes at least --------------------------------- */

struct field {
	const char *type;
	uint64_t offset; /* in the partition, bytes */
	unsigned size;   /* bytes; 0: always good */
	bool big_endian;
	uint32_t (*block)(uint32_t value);
	const char *why;
};

static uint32_t plain(uint32_t value)
{
	return value;
}

static uint32_t shifted(uint32_t value)
{
	return value < 16 ? 1024u << value : 0;
}

#define EXT_WHY "its blocks have less than 4096 bytes"

static const struct field fields[] = {
	{"ext2", 1024 + 24, 4, false, shifted, EXT_WHY}, /* s_log_block_size */
	{"ext3", 1024 + 24, 4, false, shifted, EXT_WHY},
	{"ext4", 1024 + 24, 4, false, shifted, EXT_WHY},
	{"xfs", 102, 2, true, plain,
	 "its sectors have less than 4096 bytes (mkfs.xfs -s size=4096)"},                 /* sb_sectsize */
	{"btrfs", 65536 + 0x90, 4, false, plain, "its sectors have less than 4096 bytes"}, /* sectorsize */
	{"vfat", 11, 2, false, plain,
	 "its sectors have less than 4096 bytes (mkfs.vfat -S 4096)"}, /* BPB_BytsPerSec */
	{"swap", 0, 0, false, plain, NULL},
};

static int read_field(int fd, const struct gpt_part *p, const struct field *field, uint32_t *ret,
		      struct err *err)
{
	uint8_t b[4] = {0};
	int r = pread_full(fd, b, field->size, p->offset + field->offset, err);

	if (r < 0)
		return r;
	if (field->big_endian)
		*ret = (uint32_t)b[0] << 8 | b[1]; /* of two bytes alone */
	else
		*ret = (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
	return 0;
}

static int check_type(int fd, const struct gpt_part *p, const char *type, struct findings *f, struct err *err)
{
	const struct field *field = NULL;
	uint32_t value;
	int r;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (!strcmp(fields[i].type, type))
			field = &fields[i];
	if (!field) {
		found(f, p, type, "it cannot be told");
		return 0;
	}
	if (field->size == 0)
		return 0;
	if ((r = read_field(fd, p, field, &value, err)) < 0)
		return r;
	if (field->block(value) < BLOCK)
		found(f, p, type, field->why);
	return 0;
}

/* ---- partitions --------------------------------------------------------------------------------------- */

static int is_empty(int fd, const struct gpt_part *p, bool *ret, struct err *err)
{
	_cleanup_free_ uint8_t *buf = xcalloc(1, PIECE);
	uint64_t end = p->offset + p->size;
	int r;

	*ret = true;
	for (uint64_t at = p->offset; *ret && at < end;) {
		off_t data = lseek(fd, (off_t)at, SEEK_DATA);
		size_t len;

		if (data < 0 && errno == ENXIO)
			break;
		if (data > 0 && (uint64_t)data > at)
			at = (uint64_t)data;
		if (at >= end)
			break;
		len = end - at < PIECE ? (size_t)(end - at) : PIECE;
		if ((r = pread_full(fd, buf, len, at, err)) < 0)
			return r;
		*ret = zeros_only(buf, len);
		at += len;
	}
	return 0;
}

static int check_contents(int fd, const struct gpt_part *p, struct findings *f, struct err *err)
{
	_cleanup_(blkid_free_probep) blkid_probe probe = blkid_new_probe();
	const char *type = NULL;
	bool empty;
	int r;

	if (!probe ||
	    blkid_probe_set_device(probe, fd, (blkid_loff_t)p->offset, (blkid_loff_t)p->size) != 0 ||
	    blkid_probe_enable_superblocks(probe, 1) != 0 ||
	    blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE) != 0)
		return err_set(err, EIO, "libblkid cannot read partition %u", p->number);
	r = blkid_do_safeprobe(probe);
	if (r == 0 && blkid_probe_lookup_value(probe, "TYPE", &type, NULL) == 0 && type)
		return check_type(fd, p, type, f, err);
	if (r == -1)
		return err_set(err, EIO, "libblkid cannot read partition %u", p->number);
	if (r == -2) {
		found(f, p, NULL, "more than one file system is found in it");
		return 0;
	}
	if ((r = is_empty(fd, p, &empty, err)) < 0)
		return r;
	if (!empty)
		found(f, p, NULL, "it holds data of an unknown kind: it cannot be told");
	return 0;
}

/* The table in blocks of 4096 bytes is longer than one in 512. */
static int check_place(int fd, uint32_t block, uint64_t size, const struct gpt_part *p, struct findings *f,
		       struct err *err)
{
	uint32_t n;
	uint64_t table;
	int r = pread_full(fd, &n, sizeof(n), block + COUNT_OFFSET, err);

	if (r < 0)
		return r;
	n = le32toh(n);
	if (n > ENTRIES_MAX)
		return err_set(err, EINVAL, "a GPT of %" PRIu32 " entries", n);
	table = (n * ENTRY_SIZE + BLOCK - 1) / BLOCK * BLOCK;
	if (p->offset % BLOCK || p->size % BLOCK)
		found(f, p, NULL, "does not begin and end at a multiple of 4096 bytes");
	if (p->offset < 2 * BLOCK + table)
		found(f, p, NULL,
		      "begins where the partition table of a disk with blocks of 4096 bytes lies");
	if (p->offset + p->size > size || size - p->offset - p->size < BLOCK + table)
		found(f, p, NULL, "ends where the backup of that table lies");
	return 0;
}

int suits_any_block(int fd, uint32_t logical_block_size, uint64_t size, struct err *err)
{
	_cleanup_free_ struct gpt_part *parts = xcalloc(PARTS_MAX, sizeof(*parts));
	struct findings f = {0};
	unsigned n;
	int r;

	if ((r = gpt_parts(fd, logical_block_size, parts, PARTS_MAX, &n, err)) < 0)
		return r;
	for (unsigned i = 0; i < n; i++) {
		unsigned before = f.n;

		if ((r = check_place(fd, logical_block_size, size, &parts[i], &f, err)) < 0)
			return r;
		if (f.n == before && strcasecmp(parts[i].type, GPT_BIOS_BOOT) != 0 &&
		    (r = check_contents(fd, &parts[i], &f, err)) < 0)
			return r;
	}
	if (f.n > 0)
		return err_set(err, EINVAL, "does not suit disks of 512 and of 4096 bytes a block: %s",
			       f.text);
	return 0;
}
