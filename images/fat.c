/* SPDX-License-Identifier: Apache-2.0 */
/* Laid out in one go: the boot record, two tables, the root directory, then each file and folder without a gap. */
#include "images/fat.h"

#include <ctype.h>
#include <endian.h>
#include <string.h>

#include "core/hash.h"
#include "images/fat_spec.h"

enum {
	FATS = 2,
	FIRST_CLUSTER = 2,
	FAT12_CLUSTERS = 4085,  /* FAT 1.03: fewer are FAT12 ... */
	FAT16_CLUSTERS = 65525, /* ... and fewer than this FAT16 */
	NEW_YEAR_1980 = 0x21,   /* date; FAT knows nothing earlier */
};

struct folder {
	char path[FAT_NAME_MAX]; /* "" the root, "EFI/BOOT" */
	uint32_t cluster;        /* 0: the root */
	uint8_t *entries;
	unsigned used, most;
	unsigned long_names; /* that have a made-up short one */
};

struct fat {
	const struct fat_format *format;
	uint8_t *volume;
	uint32_t sectors, per_fat, root,
		data; /* sectors: of the volume, of a table; of the root directory and the first cluster */
	uint32_t clusters, next; /* how many; the next one that is free */
	unsigned bits;           /* of an entry of the tables */
	struct folder folders[FAT_FOLDERS_MAX];
	unsigned n_folders;
};

static uint8_t *sector(const struct fat *f, uint32_t i)
{
	return f->volume + (size_t)i * f->format->sector;
}

static size_t cluster_bytes(const struct fat *f)
{
	return (size_t)f->format->per_cluster * f->format->sector;
}

/* The tables' size depends on the number of clusters, and the other way round: reckoned without the tables' own sectors. */
static bool place(struct fat *f, unsigned bits)
{
	const struct fat_format *format = f->format;
	uint64_t entries = f->sectors / format->per_cluster + FIRST_CLUSTER;

	f->bits = bits;
	f->per_fat = (uint32_t)((entries * bits / 8 + format->sector) / format->sector);
	f->root = 1 + FATS * f->per_fat;
	f->data = f->root + format->root_entries * (uint32_t)sizeof(struct fat_entry) / format->sector;
	f->clusters = f->data < f->sectors ? (f->sectors - f->data) / format->per_cluster : 0;
	return bits == 12 ? f->clusters < FAT12_CLUSTERS
			  : f->clusters >= FAT12_CLUSTERS && f->clusters < FAT16_CLUSTERS;
}

static void write_boot(const struct fat *f)
{
	const struct fat_format *format = f->format;
	bool few = f->sectors < 65536;
	struct fat_boot boot = {
		.jmp = {0xeb, 0x3c, 0x90},
		.bytes_per_sector = htole16((uint16_t)format->sector),
		.sectors_per_cluster = (uint8_t)format->per_cluster,
		.reserved_sectors = htole16(1),
		.n_fats = FATS,
		.root_entries = htole16(format->root_entries),
		.total_sectors = htole16(few ? (uint16_t)f->sectors : 0),
		.media = FAT_MEDIA_FIXED,
		.sectors_per_fat = htole16((uint16_t)f->per_fat),
		.sectors_per_track = htole16(32), /* a geometry, because readers of old want one */
		.heads = htole16(2),
		.hidden_sectors = htole32(format->hidden),
		.total_sectors_32 = htole32(few ? 0 : f->sectors),
		.drive = 0x80,
		.boot_signature = 0x29,
		.signature = {0x55, 0xaa},
	};

	memcpy(boot.oem, "remint  ", sizeof(boot.oem));
	memset(boot.label, ' ', sizeof(boot.label));
	memcpy(boot.label, format->label, strlen(format->label));
	memcpy(boot.type, f->bits == 12 ? "FAT12   " : "FAT16   ", sizeof(boot.type));
	boot.serial = htole32(format->serial);
	if (!format->serial)
		random_bytes(&boot.serial, sizeof(boot.serial));
	memcpy(f->volume, &boot, sizeof(boot));
}

/* Entry i of both tables. With 12 bits two entries share three bytes. */
static void set_next(const struct fat *f, uint32_t i, uint32_t value)
{
	for (uint32_t table = 0; table < FATS; table++) {
		uint8_t *p = sector(f, 1 + table * f->per_fat) + (size_t)i * f->bits / 8;

		if (f->bits == 16) {
			p[0] = (uint8_t)value;
			p[1] = (uint8_t)(value >> 8);
		} else if (i % 2 == 0) {
			p[0] = (uint8_t)value;
			p[1] = (uint8_t)((p[1] & 0xf0) | (value >> 8 & 0xf));
		} else {
			p[0] = (uint8_t)((p[0] & 0x0f) | (value & 0xf) << 4);
			p[1] = (uint8_t)(value >> 4);
		}
	}
}

/* Clusters for len bytes, one after another; *ret is the first, 0 for none. */
static int take_clusters(struct fat *f, size_t len, uint32_t *ret, struct err *err)
{
	size_t n = (len + cluster_bytes(f) - 1) / cluster_bytes(f);

	if (n > f->clusters - (f->next - FIRST_CLUSTER))
		return err_set(err, EFBIG, "FAT volume %s: the files do not fit into %llu bytes",
			       f->format->label, (unsigned long long)f->format->size);
	*ret = n ? f->next : 0;
	for (size_t i = 0; i < n; i++, f->next++)
		set_next(f, f->next, i + 1 < n ? f->next + 1 : FAT_END);
	return 0;
}

static uint8_t *cluster(const struct fat *f, uint32_t i)
{
	return sector(f, f->data + (i - FIRST_CLUSTER) * f->format->per_cluster);
}

/* ---- names ---- */

/* "BOOTX64.EFI" needs no long name. */
static bool is_short(const char *name)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t base = strspn(name, plain), ext = name[base] == '.' ? strspn(name + base + 1, plain) : 0;

	return base >= 1 && base <= 8 && ext <= 3 && (!name[base] || (ext && !name[base + 1 + ext]));
}

static void copy_upper(char *to, size_t most, const char *from, size_t len)
{
	for (size_t i = 0, n = 0; i < len && n < most; i++)
		if (isalnum((unsigned char)from[i]))
			to[n++] = (char)toupper((unsigned char)from[i]);
}

/* "ORDER~1 JSO": made-up ones are told apart by the number. */
static void short_name(struct folder *folder, const char *name, char to[11])
{
	const char *dot = strrchr(name, '.');
	size_t base = dot ? (size_t)(dot - name) : strlen(name), n;

	memset(to, ' ', 11);
	if (dot)
		copy_upper(to + 8, 3, dot + 1, strlen(dot + 1));
	copy_upper(to, is_short(name) ? 8 : 6, name, base);
	if (is_short(name))
		return;
	n = strcspn(to, " ");
	to[n > 6 ? 6 : n] = '~';
	to[(n > 6 ? 6 : n) + 1] = (char)('1' + folder->long_names++ % 9);
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

static void add_entry(struct folder *folder, const void *entry)
{
	memcpy(folder->entries + sizeof(struct fat_entry) * folder->used++, entry, sizeof(struct fat_entry));
}

static void add_long_name(struct folder *folder, const char *name, uint8_t sum)
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
		add_entry(folder, &e);
	}
}

/* ---- files and folders ---- */

/* The entry of one file or folder, with its long name where it needs one. */
static int add_name(struct folder *folder, const char *name, struct fat_entry *e, struct err *err)
{
	unsigned needed = 1 + (is_short(name) ? 0 : (unsigned)strlen(name) / FAT_LONG_CHARS + 1);

	if (!*name || name[strcspn(name, "\"*/:<>?\\|")] || folder->long_names == 9)
		return err_set(err, EINVAL, "FAT volume: no place for the name \"%s\"", name);
	if (needed > folder->most - folder->used)
		return err_set(err, EFBIG, "FAT volume: the folder \"%s\" is full", folder->path);
	e->written_date = htole16(NEW_YEAR_1980);
	short_name(folder, name, e->name);
	if (!is_short(name))
		add_long_name(folder, name, checksum(e->name));
	add_entry(folder, e);
	return 0;
}

/* "." and "..", ECMA-107, 11.2. */
static void add_dots(struct folder *folder, uint32_t parent)
{
	struct fat_entry e = {.attributes = FAT_ATTR_FOLDER, .written_date = htole16(NEW_YEAR_1980)};

	memcpy(e.name, ".          ", sizeof(e.name));
	e.cluster = htole16((uint16_t)folder->cluster);
	add_entry(folder, &e);
	e.name[1] = '.';
	e.cluster = htole16((uint16_t)parent);
	add_entry(folder, &e);
}

static int make_folder(struct fat *f, struct folder *parent, const char *path, size_t len,
		       struct folder **ret, struct err *err)
{
	struct folder *made = &f->folders[f->n_folders];
	size_t skip = *parent->path ? strlen(parent->path) + 1 : 0;
	struct fat_entry e = {.attributes = FAT_ATTR_FOLDER};
	uint32_t first;
	int r;

	if (f->n_folders == FAT_FOLDERS_MAX)
		return err_set(err, EINVAL, "FAT volume: more than %d folders", FAT_FOLDERS_MAX);
	r = take_clusters(f, 1, &first, err);
	if (r < 0)
		return r;
	*made = (struct folder){.cluster = first,
				.entries = cluster(f, first),
				.most = (unsigned)(cluster_bytes(f) / sizeof(struct fat_entry))};
	memcpy(made->path, path, len);
	e.cluster = htole16((uint16_t)first);
	r = add_name(parent, made->path + skip, &e, err);
	if (r < 0)
		return r;
	add_dots(made, parent->cluster);
	f->n_folders++;
	*ret = made;
	return 0;
}

/* The folder in which a path's last name lies, made where it is missing. */
static int find_folder(struct fat *f, const char *path, struct folder **ret, struct err *err)
{
	struct folder *at = &f->folders[0];
	int r = 0;

	for (const char *slash = strchr(path, '/'); r == 0 && slash; slash = strchr(slash + 1, '/')) {
		size_t len = (size_t)(slash - path);
		struct folder *found = NULL;

		for (unsigned i = 0; i < f->n_folders; i++)
			if (strlen(f->folders[i].path) == len && !memcmp(f->folders[i].path, path, len))
				found = &f->folders[i];
		if (!found)
			r = make_folder(f, at, path, len, &found, err);
		at = found;
	}
	*ret = at;
	return r;
}

static int add_file(struct fat *f, const struct fat_file *file, struct err *err)
{
	struct fat_entry e = {.attributes = FAT_ATTR_ARCHIVE | (file->read_only ? FAT_ATTR_RO : 0),
			      .size = htole32((uint32_t)file->len)};
	const char *slash = strrchr(file->path, '/');
	struct folder *folder;
	uint32_t first = 0;
	int r;

	if (strlen(file->path) >= FAT_NAME_MAX)
		return err_set(err, EINVAL, "FAT volume: %s: the path is too long", file->path);
	r = find_folder(f, file->path, &folder, err);
	if (r == 0)
		r = take_clusters(f, file->len, &first, err);
	if (r < 0)
		return r;
	e.cluster = htole16((uint16_t)first);
	if (file->len)
		memcpy(cluster(f, first), file->data, file->len);
	return add_name(folder, slash ? slash + 1 : file->path, &e, err);
}

static void begin(struct fat *f)
{
	struct fat_entry label = {.attributes = FAT_ATTR_LABEL, .written_date = htole16(NEW_YEAR_1980)};

	write_boot(f);
	set_next(f, 0, 0xff00 | FAT_MEDIA_FIXED);
	set_next(f, 1, FAT_END);
	f->folders[0] = (struct folder){.entries = sector(f, f->root), .most = f->format->root_entries};
	f->n_folders = 1;
	memset(label.name, ' ', sizeof(label.name));
	memcpy(label.name, f->format->label, strlen(f->format->label));
	add_entry(&f->folders[0], &label);
}

int fat_fill(const struct fat_format *format, const struct fat_file *files, unsigned n, uint8_t *volume,
	     struct err *err)
{
	struct fat f = {.format = format, .volume = volume, .next = FIRST_CLUSTER};
	int r = 0;

	if (format->size / format->sector > UINT32_MAX || strlen(format->label) > 11)
		return err_set(err, EINVAL, "FAT volume: too large, or its label is too long");
	f.sectors = (uint32_t)(format->size / format->sector);
	if (!place(&f, 12) && !place(&f, 16))
		return err_set(err, EINVAL,
			       "FAT volume: %llu bytes in clusters of %zu are neither FAT12 nor FAT16",
			       (unsigned long long)format->size, cluster_bytes(&f));
	begin(&f);
	for (unsigned i = 0; r == 0 && i < n; i++)
		r = add_file(&f, &files[i], err);
	return r;
}
