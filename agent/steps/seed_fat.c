/* SPDX-License-Identifier: Apache-2.0 */
/* A FAT12 volume of a few files in the root directory, one sector a cluster, laid out in one go. */
#include <endian.h>
#include <stdbool.h>
#include <string.h>

#include "agent/steps/fat_spec.h"
#include "agent/steps/seed_fat.h"
#include "core/hash.h"

enum {
	FATS = 2,
	ROOT_ENTRIES = 128,
	FIRST_CLUSTER = 2,
	NOON_1980 = 0x21, /* date: the first of January 1980; FAT knows nothing earlier */
};

struct fat {
	uint8_t *volume;
	uint32_t block;   /* bytes of a sector and a cluster */
	uint32_t sectors; /* of the volume */
	uint32_t root;    /* sector of the root directory */
	uint32_t data;    /* sector of the first cluster */
	uint32_t next;    /* cluster that is free */
	unsigned entries; /* of the root directory that are used */
};

static uint8_t *sector(const struct fat *f, uint32_t i)
{
	return f->volume + (size_t)i * f->block;
}

static void write_boot(struct fat *f)
{
	struct fat_boot boot = {
		.jmp = {0xeb, 0x3c, 0x90},
		.bytes_per_sector = htole16((uint16_t)f->block),
		.sectors_per_cluster = 1,
		.reserved_sectors = htole16(1),
		.n_fats = FATS,
		.root_entries = htole16(ROOT_ENTRIES),
		.total_sectors = htole16((uint16_t)f->sectors),
		.media = FAT_MEDIA_FIXED,
		.sectors_per_fat = htole16((uint16_t)((f->root - 1) / FATS)),
		.sectors_per_track = htole16(32), /* a geometry, because readers of old want one */
		.heads = htole16(2),
		.drive = 0x80,
		.boot_signature = 0x29,
		.signature = {0x55, 0xaa},
	};

	memcpy(boot.oem, "remint  ", sizeof(boot.oem));
	memcpy(boot.label, "CIDATA     ", sizeof(boot.label));
	memcpy(boot.type, "FAT12   ", sizeof(boot.type));
	random_bytes(&boot.serial, sizeof(boot.serial));
	memcpy(f->volume, &boot, sizeof(boot));
}

/* Entry i of both tables: 12 bits, two entries in three bytes. */
static void set_next(struct fat *f, uint32_t i, uint32_t value)
{
	for (uint32_t table = 0; table < FATS; table++) {
		uint8_t *p = sector(f, 1 + table * (f->root - 1) / FATS) + i * 3 / 2;

		if (i % 2 == 0) {
			p[0] = (uint8_t)value;
			p[1] = (uint8_t)((p[1] & 0xf0) | value >> 8);
		} else {
			p[0] = (uint8_t)((p[0] & 0x0f) | (value & 0xf) << 4);
			p[1] = (uint8_t)(value >> 4);
		}
	}
}

static void add_entry(struct fat *f, const void *entry)
{
	memcpy(sector(f, f->root) + 32 * (size_t)f->entries++, entry, 32);
}

/* "META-D~1   ": long enough names are told apart by their first six letters. */
static void short_name(const char *name, char to[11])
{
	memset(to, ' ', 11);
	for (unsigned i = 0; i < 6 && name[i]; i++)
		to[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 'a' + 'A' : name[i]);
	to[6] = '~';
	to[7] = '1';
}

static uint8_t checksum(const char name[11])
{
	uint8_t sum = 0;

	for (unsigned i = 0; i < 11; i++)
		sum = (uint8_t)((sum & 1) << 7 | sum >> 1) + (uint8_t)name[i];
	return sum;
}

/* Character i of a name as a long entry has it: then a NUL, then all ones. */
static uint16_t long_char(const char *name, size_t len, size_t i)
{
	return htole16(i < len ? (uint16_t)(uint8_t)name[i] : i == len ? 0 : 0xffff);
}

static void add_long_name(struct fat *f, const char *name, uint8_t sum)
{
	size_t len = strlen(name), parts = (len + FAT_LONG_CHARS - 1) / FAT_LONG_CHARS;

	for (size_t part = parts; part > 0; part--) {
		struct fat_long_entry e = {.order = (uint8_t)(part | (part == parts ? FAT_LONG_LAST : 0)),
					   .attributes = FAT_ATTR_LONG,
					   .checksum = sum};
		size_t at = (part - 1) * FAT_LONG_CHARS;

		for (size_t i = 0; i < 5; i++)
			e.name1[i] = long_char(name, len, at + i);
		for (size_t i = 0; i < 6; i++)
			e.name2[i] = long_char(name, len, at + 5 + i);
		for (size_t i = 0; i < 2; i++)
			e.name3[i] = long_char(name, len, at + 11 + i);
		add_entry(f, &e);
	}
}

static int add_file(struct fat *f, const struct seed_file *file, struct err *err)
{
	size_t len = strlen(file->text), clusters = (len + f->block - 1) / f->block;
	struct fat_entry e = {.attributes = FAT_ATTR_RO | FAT_ATTR_ARCHIVE,
			      .written_date = htole16(NOON_1980)};

	if (clusters > f->sectors - f->data - (f->next - FIRST_CLUSTER))
		return err_set(err, EFBIG, "seed volume: %s: the files do not fit into %u bytes", file->name,
			       SEED_SIZE);
	e.size = htole32((uint32_t)len);
	e.cluster = htole16((uint16_t)(clusters ? f->next : 0));
	short_name(file->name, e.name);
	add_long_name(f, file->name, checksum(e.name));
	add_entry(f, &e);
	memcpy(sector(f, f->data + f->next - FIRST_CLUSTER), file->text, len);
	for (size_t i = 0; i < clusters; i++, f->next++)
		set_next(f, f->next, i + 1 < clusters ? f->next + 1 : FAT_END);
	return 0;
}

int seed_fat_fill(const struct seed_file *files, unsigned n, uint32_t block, uint8_t *volume, struct err *err)
{
	struct fat f = {
		.volume = volume, .block = block, .sectors = SEED_SIZE / block, .next = FIRST_CLUSTER};
	struct fat_entry label = {.attributes = FAT_ATTR_LABEL, .written_date = htole16(NOON_1980)};
	uint32_t per_fat = (f.sectors * 3 / 2 + block) / block;
	int r;

	f.root = 1 + FATS * per_fat;
	f.data = f.root + ROOT_ENTRIES * 32 / block;
	write_boot(&f);
	set_next(&f, 0, 0xf00 | FAT_MEDIA_FIXED);
	set_next(&f, 1, FAT_END);
	memcpy(label.name, "CIDATA     ", sizeof(label.name));
	add_entry(&f, &label);
	for (unsigned i = 0; i < n; i++)
		if (files[i].text && (r = add_file(&f, &files[i], err)) < 0)
			return r;
	return 0;
}
