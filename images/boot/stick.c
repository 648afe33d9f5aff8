/* SPDX-License-Identifier: Apache-2.0 */
/* One partition of type EFI system, by an MBR, which firmware takes on removable media and which does not mind a larger stick. */
#include "images/boot/stick.h"

#include <endian.h>
#include <string.h>
#include <time.h>

#include "core/cms.h"
#include "core/hash.h"
#include "core/io.h"
#include "efi/gpt_spec.h"
#include "images/boot/boot_uki.h"
#include "images/boot/build.h"
#include "images/boot/initrd.h"
#include "images/boot/site.h"
#include "images/fat.h"

#define SECTOR          512
#define FAT_OFFSET      (UINT64_C(1) << 20)   /* bytes */
#define FAT_LEAST       (UINT64_C(128) << 20) /* bytes; what the boot image leaves is for records and logs */
#define FAT_ROOM        (UINT64_C(64) << 20)  /* bytes beside the boot image */
#define FAT_PER_CLUSTER 32768u                /* clusters, about: FAT16 with room to either side */
#define ROOT_ENTRIES    512
#define PART_MAX        (256u << 20) /* bytes of kernel, initramfs, UKI */
#define LABEL           "REMINT"
#define OS_TYPE_ESP     0xef /* UEFI 2.10, 5.2.2 */

struct bytes {
	char *data;
	size_t len;
};

static void bytes_clear(struct bytes *bytes)
{
	free(bytes->data);
}

static int read_in(const char *folder, const char *name, struct bytes *ret, struct err *err)
{
	_cleanup_free_ char *path = path_join(folder, name);

	return file_read(path, PART_MAX, &ret->data, &ret->len, err);
}

static int write_out(const struct stick *stick, const char *name, const void *data, size_t len,
		     struct err *err)
{
	_cleanup_free_ char *path = path_join(stick->output, name);

	return file_write_atomic(path, data, len, 0644, err);
}

/* As the agent will judge it. */
static int check_signer(const struct stick *stick, const struct bytes *initrd, struct err *err)
{
	_cleanup_(trust_freep) struct trust *trust = NULL;
	const void *pem = NULL;
	size_t len = 0;
	int r = initrd_site_file(initrd->data, initrd->len, SITE_FOLDER "/" SITE_IMAGE_CA, &pem, &len, err);

	if (r == 0)
		r = trust_from_pem(pem, len, &trust, err);
	if (r < 0)
		return err_prepend(err, "%s/" BOOT_INITRD, stick->boot);
	r = cms_verify(stick->order, stick->order_len, stick->signature, stick->signature_len, trust,
		       time(NULL), NULL, err);
	return r < 0 ? err_prepend(err,
				   "the boot image in %s takes no order of this signer, whose CA must be one "
				   "of its --image-ca",
				   stick->boot)
		     : 0;
}

static int write_uki(const struct stick *stick, struct err *err)
{
	_cleanup_free_ char *path = path_join(stick->output, STICK_UKI),
			    *folder = path_join(stick->output, "EFI/BOOT");
	_cleanup_(bytes_clear) struct bytes kernel = {0}, initrd = {0};
	struct boot_uki uki = {.stub = stick->stub,
			       .cmdline = stick->cmdline,
			       .sign_key = stick->sign_key,
			       .sign_cert = stick->sign_cert};
	int r = read_in(stick->boot, BOOT_KERNEL, &kernel, err);

	if (r == 0)
		r = read_in(stick->boot, BOOT_INITRD, &initrd, err);
	if (r == 0)
		r = check_signer(stick, &initrd, err);
	if (r == 0)
		r = make_dirs(folder, 0755, err);
	if (r < 0)
		return r;
	uki.kernel = kernel.data;
	uki.kernel_len = kernel.len;
	uki.initrd = initrd.data;
	uki.initrd_len = initrd.len;
	return boot_uki_write(&uki, path, err);
}

static struct fat_format format_for(size_t uki_len)
{
	uint64_t wanted = uki_len + FAT_ROOM, size = FAT_LEAST;
	uint32_t per_cluster = 1;

	while (size < wanted)
		size *= 2;
	while (size / SECTOR / per_cluster > FAT_PER_CLUSTER)
		per_cluster *= 2;
	return (struct fat_format){.label = LABEL,
				   .size = size,
				   .sector = SECTOR,
				   .per_cluster = per_cluster,
				   .root_entries = ROOT_ENTRIES,
				   .hidden = FAT_OFFSET / SECTOR};
}

/* Without CHS addresses: all ones mean "by LBA" (table 5.2). */
static void write_mbr(uint8_t *disk, uint64_t size)
{
	struct mbr mbr = {.Signature = htole16(0xaa55)};

	random_bytes(&mbr.UniqueMBRDiskSignature, sizeof(mbr.UniqueMBRDiskSignature));
	mbr.Partition[0] = (struct mbr_partition){.StartingCHS = {0xff, 0xff, 0xff},
						  .OSType = OS_TYPE_ESP,
						  .EndingCHS = {0xff, 0xff, 0xff},
						  .StartingLBA = htole32(FAT_OFFSET / SECTOR),
						  .SizeInLBA = htole32((uint32_t)(size / SECTOR))};
	memcpy(disk, &mbr, sizeof(mbr));
}

static int write_image(const struct stick *stick, struct err *err)
{
	_cleanup_(bytes_clear) struct bytes uki = {0};
	_cleanup_free_ uint8_t *disk = NULL;
	struct fat_format format;
	int r = read_in(stick->output, STICK_UKI, &uki, err); /* signed by now */
	const struct fat_file files[] = {
		{STICK_UKI, uki.data, uki.len, false},
		{STICK_ORDER, stick->order, stick->order_len, false},
		{STICK_SIGNATURE, stick->signature, stick->signature_len, false},
	};

	if (r < 0)
		return r;
	format = format_for(uki.len);
	disk = xcalloc(1, FAT_OFFSET + format.size);
	r = fat_fill(&format, files, sizeof(files) / sizeof(files[0]), disk + FAT_OFFSET, err);
	if (r < 0)
		return r;
	write_mbr(disk, format.size);
	return file_write_atomic(stick->image, disk, FAT_OFFSET + format.size, 0644, err);
}

int stick_make(const struct stick *stick, struct err *err)
{
	int r = boot_uki_check(stick->cmdline, stick->sign_key, stick->sign_cert, err);

	if (r == 0)
		r = write_uki(stick, err);
	if (r == 0)
		r = write_out(stick, STICK_ORDER, stick->order, stick->order_len, err);
	if (r == 0)
		r = write_out(stick, STICK_SIGNATURE, stick->signature, stick->signature_len, err);
	return r < 0 || !stick->image ? r : write_image(stick, err);
}
