/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Laid out in one go: the descriptors, both path tables, a block for each folder, the boot catalog, the files, and the FAT volume at the end:
 * a firmware that takes "up to the end of the medium" takes no more than that.
 */
#include "images/iso.h"

#include <endian.h>
#include <string.h>

#include "core/io.h"
#include "images/iso_spec.h"
#include "images/iso_tree.h"

#define BLOCKS_MAX (1u << 20) /* 2 GiB */

enum { PRIMARY = ISO_SYSTEM_BLOCKS, BOOT_RECORD, TERMINATOR, PATHS_LE, PATHS_BE, FIRST_FOLDER };

struct iso {
	const struct iso_volume *volume;
	struct iso_tree tree;
	struct iso_date date;
	uint32_t catalog, files[ISO_FILES_MAX], efi, blocks; /* where they begin; how many in all */
	uint8_t *bytes;
};

static struct iso_both16 both16(uint16_t n)
{
	return (struct iso_both16){htole16(n), htobe16(n)};
}

static struct iso_both32 both32(uint32_t n)
{
	return (struct iso_both32){htole32(n), htobe32(n)};
}

static uint8_t *block(const struct iso *iso, uint32_t i)
{
	return iso->bytes + (size_t)i * ISO_BLOCK;
}

static uint32_t blocks_for(size_t len)
{
	return (uint32_t)((len + ISO_BLOCK - 1) / ISO_BLOCK);
}

static int check(const struct iso_volume *v, struct err *err)
{
	if (strlen(v->label) > 32 || v->label[strspn(v->label, ISO_D_CHARACTERS)])
		return err_set(err, EINVAL, "ISO 9660 volume: \"%s\" is no label", v->label);
	if (!v->efi_len || v->efi_len % EL_TORITO_SECTOR)
		return err_set(err, EINVAL, "ISO 9660 volume: %zu bytes are no boot image", v->efi_len);
	return 0;
}

static int place(struct iso *iso, struct err *err)
{
	uint64_t next = FIRST_FOLDER + iso->tree.n_folders;

	iso->catalog = (uint32_t)next++;
	for (unsigned i = 0; i < iso->volume->n_files; i++) {
		iso->files[i] = (uint32_t)next;
		next += blocks_for(iso->volume->files[i].len);
	}
	iso->efi = (uint32_t)next;
	next += blocks_for(iso->volume->efi_len);
	if (next > BLOCKS_MAX)
		return err_set(err, EFBIG, "ISO 9660 volume: more than 2 GiB");
	iso->blocks = (uint32_t)next;
	iso->bytes = calloc(iso->blocks, ISO_BLOCK);
	return iso->bytes ? 0 : err_set(err, ENOMEM, "ISO 9660 volume: out of memory");
}

/* ---- records ---- */

static struct iso_record record(const struct iso *iso, size_t name_len, uint32_t at, size_t size,
				uint8_t flags)
{
	return (struct iso_record){
		.length = (uint8_t)((sizeof(struct iso_record) + name_len + 1) / 2 * 2),
		.extent = both32(at),
		.size = both32((uint32_t)size),
		.date = iso->date,
		.flags = flags,
		.volume = both16(1),
		.name_length = (uint8_t)name_len,
	};
}

static uint8_t *put_record(uint8_t *to, const struct iso_record *r, const char *name)
{
	memcpy(to, r, sizeof(*r));
	memcpy(to + sizeof(*r), name, r->name_length);
	return to + r->length;
}

static uint8_t *put_folder(const struct iso *iso, uint8_t *to, unsigned index, const char *name, size_t len)
{
	const struct iso_record r = record(iso, len, FIRST_FOLDER + index, ISO_BLOCK, ISO_FLAG_FOLDER);

	return put_record(to, &r, name);
}

/* First itself, named 0, and its parent, named 1 (6.8.2.2). */
static void write_folder(const struct iso *iso, unsigned index)
{
	uint8_t *to = block(iso, FIRST_FOLDER + index);
	struct iso_child list[ISO_FILES_MAX] = {0};
	unsigned n = iso_tree_children(&iso->tree, index, list);

	to = put_folder(iso, to, index, "\0", 1);
	to = put_folder(iso, to, iso->tree.folders[index].parent, "\1", 1);
	for (unsigned i = 0; i < n; i++) {
		if (list[i].file < 0) {
			to = put_folder(iso, to, (unsigned)list[i].folder, list[i].name,
					strlen(list[i].name));
		} else {
			_cleanup_free_ char *name = str_printf("%s;1", list[i].name);
			const struct iso_record r = record(iso, strlen(name), iso->files[list[i].file],
							   iso->volume->files[list[i].file].len, 0);

			to = put_record(to, &r, name);
		}
	}
}

/* Both tables; returns the bytes that each has. */
static uint32_t write_paths(const struct iso *iso)
{
	size_t at = 0;

	for (unsigned i = 0; i < iso->tree.n_folders; i++) {
		const struct iso_folder *f = &iso->tree.folders[i];
		const char *slash = strrchr(f->path, '/'), *name = slash ? slash + 1 : f->path;
		size_t len = i ? strlen(name) : 1; /* the root is named 0 */
		uint32_t extent = FIRST_FOLDER + i;
		uint16_t parent = (uint16_t)(f->parent + 1);
		const struct iso_path le = {(uint8_t)len, 0, htole32(extent), htole16(parent)},
				      be = {(uint8_t)len, 0, htobe32(extent), htobe16(parent)};

		memcpy(block(iso, PATHS_LE) + at, &le, sizeof(le));
		memcpy(block(iso, PATHS_BE) + at, &be, sizeof(be));
		memcpy(block(iso, PATHS_LE) + at + sizeof(le), name, len);
		memcpy(block(iso, PATHS_BE) + at + sizeof(be), name, len);
		at += (sizeof(le) + len + 1) / 2 * 2;
	}
	return (uint32_t)at;
}

/* ---- descriptors ---- */

static void put_text(char *to, size_t size, const char *text)
{
	memset(to, ' ', size);
	memcpy(to, text, strnlen(text, size));
}

static void set_dates(struct iso *iso, struct iso_long_date *ret)
{
	struct tm tm = {.tm_year = 70, .tm_mday = 1};
	char digits[64];

	gmtime_r(&iso->volume->made, &tm);
	iso->date = (struct iso_date){.year = (uint8_t)tm.tm_year,
				      .month = (uint8_t)(tm.tm_mon + 1),
				      .day = (uint8_t)tm.tm_mday,
				      .hour = (uint8_t)tm.tm_hour,
				      .minute = (uint8_t)tm.tm_min,
				      .second = (uint8_t)tm.tm_sec};
	strftime(digits, sizeof(digits), "%Y%m%d%H%M%S00", &tm);
	memcpy(ret->digits, digits, sizeof(ret->digits));
}

static void write_primary(const struct iso *iso, uint32_t path_size, const struct iso_long_date *date)
{
	struct iso_primary p = {
		.type = ISO_PRIMARY,
		.version = 1,
		.blocks = both32(iso->blocks),
		.set_size = both16(1),
		.sequence = both16(1),
		.block_size = both16(ISO_BLOCK),
		.path_size = both32(path_size),
		.path_le = htole32(PATHS_LE),
		.path_be = htobe32(PATHS_BE),
		.root = record(iso, 1, FIRST_FOLDER, ISO_BLOCK, ISO_FLAG_FOLDER),
		.created = *date,
		.modified = *date,
		.effective = *date,
		.structure = 1,
	};

	memcpy(p.id, ISO_ID, sizeof(p.id));
	memset(p.expires.digits, '0', sizeof(p.expires.digits)); /* never (8.4.26.1) */
	put_text(p.system, sizeof(p.system), "");
	put_text(p.label, sizeof(p.label), iso->volume->label);
	put_text(p.set, sizeof(p.set), "");
	put_text(p.publisher, sizeof(p.publisher), "");
	put_text(p.preparer, sizeof(p.preparer), "");
	put_text(p.application, sizeof(p.application), "REMINT");
	put_text(p.copyright, sizeof(p.copyright), "");
	put_text(p.abstract, sizeof(p.abstract), "");
	put_text(p.bibliography, sizeof(p.bibliography), "");
	memcpy(block(iso, PRIMARY), &p, sizeof(p));
}

static void write_boot_record(const struct iso *iso)
{
	struct iso_boot_record boot = {.type = ISO_BOOT_RECORD,
				       .version = 1,
				       .system = EL_TORITO_ID,
				       .catalog = htole32(iso->catalog)};
	uint8_t *end = block(iso, TERMINATOR);

	memcpy(boot.id, ISO_ID, sizeof(boot.id));
	memcpy(block(iso, BOOT_RECORD), &boot, sizeof(boot));
	end[0] = ISO_TERMINATOR;
	memcpy(end + 1, ISO_ID, sizeof(boot.id));
	end[6] = 1;
}

/* El Torito, 2.1: the words of the entry, this one included, add up to 0. */
static uint16_t checksum(const struct el_torito_validation *v)
{
	uint16_t words[sizeof(*v) / 2], sum = 0;

	memcpy(words, v, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / 2; i++)
		sum = (uint16_t)(sum + le16toh(words[i]));
	return (uint16_t)-sum;
}

/*
 * One entry, of the EFI platform, without emulation (UEFI 2.10, 13.3.2.1): it names a FAT volume. A volume of 32 MiB or more does not fit
 * the field for its length, and then goes up to the end of the medium.
 */
static void write_catalog(const struct iso *iso)
{
	size_t sectors = iso->volume->efi_len / EL_TORITO_SECTOR;
	struct el_torito_validation v = {
		.header = 1, .platform = EL_TORITO_PLATFORM_EFI, .id = "remint", .key = {0x55, 0xaa}};
	const struct el_torito_entry e = {
		.indicator = EL_TORITO_BOOTABLE,
		.sectors = htole16(sectors <= UINT16_MAX ? (uint16_t)sectors : EL_TORITO_SECTORS_TO_END),
		.block = htole32(iso->efi),
	};

	v.checksum = htole16(checksum(&v));
	memcpy(block(iso, iso->catalog), &v, sizeof(v));
	memcpy(block(iso, iso->catalog) + sizeof(v), &e, sizeof(e));
}

int iso_make(const struct iso_volume *volume, void **ret, size_t *ret_len, size_t *ret_efi, struct err *err)
{
	struct iso iso = {.volume = volume};
	struct iso_long_date date = {.zone = 0};
	int r = check(volume, err);

	if (r == 0)
		r = iso_tree_make(volume->files, volume->n_files, &iso.tree, err);
	if (r == 0)
		r = place(&iso, err);
	if (r < 0)
		return r;
	set_dates(&iso, &date);
	write_primary(&iso, write_paths(&iso), &date);
	write_boot_record(&iso);
	write_catalog(&iso);
	for (unsigned i = 0; i < iso.tree.n_folders; i++)
		write_folder(&iso, i);
	for (unsigned i = 0; i < volume->n_files; i++)
		if (volume->files[i].len)
			memcpy(block(&iso, iso.files[i]), volume->files[i].data, volume->files[i].len);
	memcpy(block(&iso, iso.efi), volume->efi, volume->efi_len);
	*ret = iso.bytes;
	*ret_len = (size_t)iso.blocks * ISO_BLOCK;
	*ret_efi = (size_t)iso.efi * ISO_BLOCK;
	return 0;
}
