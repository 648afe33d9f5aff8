/* SPDX-License-Identifier: Apache-2.0 */
/* The GPT (UEFI specification 2.10, section 5.3) as libblkid reads it. */
#include <blkid.h>
#include <endian.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "images/gpt.h"

#define ESP_TYPE "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"

DEFINE_CLEANUP(blkid_probe, blkid_free_probe);

struct gpt {
	bool found;
	bool primary; /* read from the header at block 1, not from its backup */
	unsigned n_esp;
	char guid[GPT_GUID_SIZE]; /* of the first ESP */
};

static void find_esps(blkid_partlist list, struct gpt *gpt)
{
	int n = blkid_partlist_numof_partitions(list);

	for (int i = 0; i < n; i++) {
		blkid_partition p = blkid_partlist_get_partition(list, i);
		const char *type = blkid_partition_get_type_string(p);
		const char *guid = blkid_partition_get_uuid(p);

		if (!type || strcasecmp(type, ESP_TYPE) != 0 || !guid || strlen(guid) != GPT_GUID_SIZE - 1)
			continue;
		if (gpt->n_esp++ == 0)
			strcpy(gpt->guid, guid);
	}
}

static blkid_probe new_probe(int fd, uint32_t block)
{
	char *only[] = {(char[]){"gpt"}, NULL};
	blkid_probe probe = blkid_new_probe();

	if (probe && blkid_probe_set_device(probe, fd, 0, 0) == 0 &&
	    blkid_probe_set_sectorsize(probe, block) == 0 && blkid_probe_enable_superblocks(probe, 0) == 0 &&
	    blkid_probe_enable_partitions(probe, 1) == 0 &&
	    blkid_probe_filter_partitions_type(probe, BLKID_FLTR_ONLYIN, only) == 0)
		return probe;
	if (probe)
		blkid_free_probe(probe);
	return NULL;
}

static int read_gpt(int fd, uint32_t block, struct gpt *ret, struct err *err)
{
	_cleanup_(blkid_free_probep) blkid_probe probe = new_probe(fd, block);
	blkid_partlist list;
	blkid_parttable table;

	*ret = (struct gpt){0};
	if (!probe)
		return err_set(err, EIO, "libblkid cannot read the disk");
	list = blkid_probe_get_partitions(probe);
	table = list ? blkid_partlist_get_table(list) : NULL;
	if (!table)
		return 0;
	ret->found = true;
	ret->primary = blkid_parttable_get_offset(table) == (blkid_loff_t)block;
	find_esps(list, ret);
	return 0;
}

int gpt_parts(int fd, uint32_t block, struct gpt_part *parts, unsigned max, unsigned *ret_n, struct err *err)
{
	_cleanup_(blkid_free_probep) blkid_probe probe = new_probe(fd, block);
	blkid_partlist list = probe ? blkid_probe_get_partitions(probe) : NULL;
	int n = list && blkid_partlist_get_table(list) ? blkid_partlist_numof_partitions(list) : -1;

	if (n < 0 || n > (int)max)
		return err_set(err, EINVAL, n < 0 ? "no GPT" : "too many partitions");
	for (int i = 0; i < n; i++) {
		blkid_partition p = blkid_partlist_get_partition(list, i);
		const char *type = blkid_partition_get_type_string(p);

		parts[i] = (struct gpt_part){
			.number = (unsigned)blkid_partition_get_partno(p),
			.offset = (uint64_t)blkid_partition_get_start(p) * 512, /* always in such sectors */
			.size = (uint64_t)blkid_partition_get_size(p) * 512,
		};
		snprintf(parts[i].type, sizeof(parts[i].type), "%s", type ? type : "");
	}
	*ret_n = (unsigned)n;
	return 0;
}

/* The protective MBR's partition (UEFI specification 2.10, section 5.2.3) promises a GPT. */
static bool is_protected(int fd)
{
	uint8_t mbr[512];

	if (pread(fd, mbr, sizeof(mbr), 0) != sizeof(mbr) || mbr[510] != 0x55 || mbr[511] != 0xaa)
		return false;
	for (unsigned at = 446; at < 510; at += 16)
		if (mbr[at + 4] == 0xee)
			return true;
	return false;
}

/* There is none that can be read. Was there one? With its end, a disk loses the backup too. */
static int check_lost(int fd, struct err *err)
{
	off_t size = lseek(fd, 0, SEEK_END);
	uint8_t header[40];
	uint64_t last;

	if (!is_protected(fd))
		return 0;
	for (uint32_t block = 512; block <= 4096; block *= 8) {
		if (pread(fd, header, sizeof(header), block) != sizeof(header) ||
		    memcmp(header, "EFI PART", 8) != 0)
			continue;
		memcpy(&last, header + 32, sizeof(last)); /* block of the backup: the disk's last */
		last = le64toh(last);
		if (last < UINT64_MAX / block && last >= (uint64_t)size / block)
			return err_set(err, EINVAL,
				       "the GPT is for a disk of %" PRIu64
				       " bytes, and this one has %jd: it is cut short",
				       (last + 1) * block, (intmax_t)size);
		return err_set(err, EINVAL, "the GPT and its backup are damaged");
	}
	return 0;
}

int gpt_block_size(int fd, uint32_t *ret, struct err *err)
{
	struct gpt gpt;
	int r;

	for (uint32_t block = 512; block <= 4096; block *= 8) {
		if ((r = read_gpt(fd, block, &gpt, err)) < 0)
			return r;
		if (gpt.found) {
			*ret = block;
			return 0;
		}
	}
	if ((r = check_lost(fd, err)) < 0)
		return r;
	return err_set(err, EINVAL, "no GPT, which a disk for blocks of both sizes needs");
}

int gpt_find_esp(int fd, uint32_t block, bool need_esp, char ret_guid[GPT_GUID_SIZE], struct err *err)
{
	uint32_t other = block == 512 ? 4096 : 512;
	struct gpt gpt, gpt_other;
	int r;

	if ((r = read_gpt(fd, block, &gpt, err)) < 0 || (r = read_gpt(fd, other, &gpt_other, err)) < 0)
		return r;
	if (!gpt.found && !gpt_other.found && (r = check_lost(fd, err)) < 0)
		return r;
	if (!gpt.found && gpt_other.found)
		return err_set(err, EINVAL,
			       "the GPT is one for blocks of %" PRIu32 " bytes, not %" PRIu32
			       ": give --logical-block-size %" PRIu32,
			       other, block, other);
	if (gpt.found && !gpt.primary)
		return err_set(err, EINVAL,
			       "the primary GPT is damaged, only its backup can be read: repair it first");
	if (need_esp && !gpt.found)
		return err_set(err, EINVAL, "no GPT (with protective MBR) to boot by UEFI from");
	if (need_esp && gpt.n_esp != 1)
		return err_set(err, EINVAL, "%u EFI system partitions, and booting by UEFI needs exactly one",
			       gpt.n_esp);
	strcpy(ret_guid, need_esp ? gpt.guid : "");
	return 0;
}
