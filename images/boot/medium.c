/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The EFI file is there twice: in a FAT volume, which UEFI reads (by El Torito from a CD, by the MBR from a stick), and in the ISO's own
 * tree, for whoever opens it.
 */
#include "images/boot/medium.h"

#include <endian.h>
#include <string.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "core/time.h"
#include "efi/gpt_spec.h"
#include "images/boot/build.h"
#include "images/boot/pe.h"
#include "images/fat.h"
#include "images/iso.h"
#include "protocol/cmdline.h"
#include "protocol/network/net_file.h"

#define SECTOR       512
#define CLUSTERS     32768u         /* about: FAT16 with room to either side */
#define FAT_ROOM     (256u * 1024)  /* bytes beside the EFI file and the tables */
#define FAT_STEP     (1024u * 1024) /* bytes */
#define FAT_LABEL    "REMINT-EFI"   /* not MEDIUM_LABEL, by which a stand-alone order is found */
#define ROOT_ENTRIES 64
#define PART_MAX     (256u << 20) /* bytes of the EFI file */
#define JSON_MAX     (1u << 20)
#define OS_TYPE_ESP  0xef /* UEFI 2.10, 5.2.2 */

struct parts {
	char *uki, *network; /* network NULL: none */
	size_t uki_len, network_len;
	time_t built;
};

static void parts_clear(struct parts *parts)
{
	free(parts->uki);
	free(parts->network);
}

/* ---- what goes onto it ---- */

static int read_uki(const struct medium *medium, struct parts *parts, struct err *err)
{
	_cleanup_free_ char *path = path_join(medium->boot, BOOT_UKI);
	int r = file_read(path, PART_MAX, &parts->uki, &parts->uki_len, err);

	return r == -ENOENT ? err_set(err, ENOENT,
				      "%s is missing: remint boot build --uki --cmdline ... makes it", path)
			    : r;
}

/* The time of everything on the medium is the boot image's. */
static int read_built(const struct medium *medium, struct parts *parts, struct err *err)
{
	_cleanup_free_ char *path = path_join(medium->boot, BOOT_JSON);
	_cleanup_json_ json_t *json = NULL;
	const char *built;
	int r = json_read_file(path, JSON_MAX, &json, err);

	if (r == 0)
		r = json_get_str(json, path, "built", TIME_TEXT_SIZE - 1, &built, err);
	if (r == 0 && time_parse(built, &parts->built) < 0)
		r = err_set(err, EBADMSG, "%s: built is no time", path);
	return r;
}

static int read_network(const struct medium *medium, struct parts *parts, unsigned *ret_machines,
			struct err *err)
{
	_cleanup_(net_file_clear) struct net_file file = {0};
	int r;

	if (!medium->network)
		return 0;
	r = file_read(medium->network, NET_FILE_MAX, &parts->network, &parts->network_len, err);
	if (r == 0 && net_file_parse(parts->network, parts->network_len, &file, err) < 0)
		r = err_prepend(err, "%s", medium->network);
	*ret_machines = file.n;
	return r;
}

/* Nothing can be typed at a machine that starts from it: what the agent would not take is refused here. */
static int check_cmdline(const struct parts *parts, const struct pe_file *pe, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	struct cmdline cmdline;
	size_t len = 0;
	const void *section = pe_section(pe, ".cmdline", &len);
	int r;

	if (!section)
		return err_set(err, EINVAL,
			       BOOT_UKI " has no built-in command line, and firmware gives it none: "
					"remint boot build --uki --cmdline ...");
	text = str_printf("%.*s", (int)len, (const char *)section);
	r = cmdline_parse(text, &cmdline, err);
	if (r < 0)
		return err_prepend(err, BOOT_UKI);
	if (cmdline.alone)
		return err_set(err, EINVAL, BOOT_UKI " is for stand-alone use: see remint boot usb");
	if (cmdline.net_medium && !parts->network)
		return err_set(err, EINVAL,
			       BOOT_UKI " has remint.net=medium built in: it would stop without --network");
	if (!cmdline.net_medium && parts->network)
		return err_set(
			err, EINVAL,
			"the agent looks at --network's file only when " BOOT_UKI
			" has remint.net=medium built in: add it to the --cmdline of remint boot build");
	return 0;
}

static int read_parts(const struct medium *medium, struct parts *parts, struct medium_made *made,
		      struct err *err)
{
	struct pe_file pe;
	int r = read_uki(medium, parts, err);

	if (r == 0)
		r = read_built(medium, parts, err);
	if (r == 0)
		r = read_network(medium, parts, &made->machines, err);
	if (r < 0)
		return r;
	if (pe_read(parts->uki, parts->uki_len, &pe, err) < 0)
		return err_prepend(err, BOOT_UKI);
	made->is_signed = pe.security_len != 0;
	return check_cmdline(parts, &pe, err);
}

/* ---- the medium ---- */

static uint32_t serial_of(const struct parts *parts)
{
	uint8_t digest[SHA256_SIZE];
	uint32_t serial;

	sha256(parts->uki, parts->uki_len, digest);
	memcpy(&serial, digest, sizeof(serial));
	return serial | 1; /* 0 would be a random one */
}

/* Where it begins is known only when it is laid out, and nobody but DOS reads the field "hidden". */
static struct fat_format format_for(const struct parts *parts)
{
	struct fat_format f = {
		.label = FAT_LABEL, .sector = SECTOR, .per_cluster = 1, .root_entries = ROOT_ENTRIES};

	f.size = (parts->uki_len + parts->uki_len / 64 + FAT_ROOM + FAT_STEP - 1) / FAT_STEP * FAT_STEP;
	f.serial = serial_of(parts);
	while (f.size / SECTOR / f.per_cluster > CLUSTERS)
		f.per_cluster *= 2;
	return f;
}

/*
 * A stick that the whole is written onto: one partition of type EFI system in an MBR (UEFI 2.10, 5.2), in the blocks that ISO 9660 leaves
 * alone. On a CD, whose blocks have 2048 bytes, its numbers reach beyond the end, and firmware passes it over.
 */
static void write_mbr(uint8_t *iso, size_t offset, const struct fat_format *format)
{
	static const uint8_t next_device[] = {0xcd, 0x18, 0xf4, 0xeb, 0xfd}; /* int 18h; else halt */
	struct mbr mbr = {.UniqueMBRDiskSignature = htole32(format->serial), .Signature = htole16(0xaa55)};

	memcpy(mbr.BootCode, next_device, sizeof(next_device));
	mbr.Partition[0] = (struct mbr_partition){.StartingCHS = {0xff, 0xff, 0xff},
						  .OSType = OS_TYPE_ESP,
						  .EndingCHS = {0xff, 0xff, 0xff},
						  .StartingLBA = htole32((uint32_t)(offset / SECTOR)),
						  .SizeInLBA = htole32((uint32_t)(format->size / SECTOR))};
	memcpy(iso, &mbr, sizeof(mbr));
}

static int write_iso(const struct medium *medium, const struct parts *parts, const struct fat_format *format,
		     const void *fat, size_t *ret_size, struct err *err)
{
	const struct iso_file files[] = {
		{MEDIUM_UKI, parts->uki, parts->uki_len},
		{MEDIUM_NET, parts->network, parts->network_len}, /* the last, for it may be missing */
	};
	const struct iso_volume volume = {.label = MEDIUM_LABEL,
					  .made = parts->built,
					  .files = files,
					  .n_files = parts->network ? 2 : 1,
					  .efi = fat,
					  .efi_len = format->size};
	_cleanup_free_ void *iso = NULL;
	size_t efi = 0;
	int r = iso_make(&volume, &iso, ret_size, &efi, err);

	if (r < 0)
		return r;
	write_mbr(iso, efi, format);
	return file_write_atomic(medium->output, iso, *ret_size, 0644, err);
}

int medium_make(const struct medium *medium, struct medium_made *ret, struct err *err)
{
	_cleanup_(parts_clear) struct parts parts = {0};
	struct medium_made made = {0};
	_cleanup_free_ uint8_t *fat = NULL;
	struct fat_format format;
	int r = read_parts(medium, &parts, &made, err);
	const struct fat_file files[] = {{MEDIUM_UKI, parts.uki, parts.uki_len, false}};

	if (r < 0)
		return r;
	format = format_for(&parts);
	fat = xcalloc(1, format.size);
	r = fat_fill(&format, files, 1, fat, err);
	if (r == 0)
		r = write_iso(medium, &parts, &format, fat, &made.size, err);
	if (r == 0)
		*ret = made;
	return r;
}
