/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libfdisk works on descriptors: it gets a memfd of the disk's size that is sparse but for the disk's beginning, and what it wrote is
 * copied out of it.
 */
#include <ctype.h>
#include <endian.h>
#include <inttypes.h>
#include <libfdisk/libfdisk.h>
#include <string.h>
#include <sys/mman.h>

#include "agent/hw/block/block.h"
#include "agent/steps/gpt.h"
#include "core/io.h"
#include "efi/gpt_spec.h"

#define LINUX_FILESYSTEM \
	"0FC63DAF-8483-4772-8E79-3D69D8477DE4" /* partition type, Discoverable Partitions Specification */
#define SEED_NAME "cidata"

struct bytes {
	uint8_t *p;
	uint64_t len;
};

DEFINE_CLEANUP(struct fdisk_context *, fdisk_unref_context);
DEFINE_CLEANUP(struct fdisk_partition *, fdisk_unref_partition);
DEFINE_CLEANUP(struct fdisk_parttype *, fdisk_unref_parttype);

int gpt_tail_place(uint64_t disk_size, uint64_t image_size, uint64_t seed_size, struct gpt_tail *ret,
		   struct err *err)
{
	uint64_t end = disk_size / GPT_ALIGN * GPT_ALIGN, behind = seed_size + GPT_ALIGN;

	if (end < behind || end - behind < image_size)
		return err_set(err, ENOSPC,
			       "the disk has %" PRIu64 " bytes, and %" PRIu64
			       " are needed: the image's %" PRIu64 " and %" PRIu64
			       " behind it for the cloud-init seed and the backup partition table",
			       disk_size, (image_size + GPT_ALIGN - 1) / GPT_ALIGN * GPT_ALIGN + behind,
			       image_size, behind);
	ret->seed_offset = end - behind;
	ret->seed_size = seed_size;
	ret->offset = ret->seed_offset + seed_size;
	ret->size = disk_size - ret->offset;
	return 0;
}

static int fdisk_failed(int r, const char *what, struct err *err)
{
	return err_sys(err, r < 0 ? -r : EIO, "partition table: %s", what);
}

static int add_partition(struct fdisk_context *cxt, const struct gpt_tail *tail, uint32_t block,
			 struct gpt_fitted *ret, struct err *err)
{
	_cleanup_(fdisk_unref_partitionp) struct fdisk_partition *added = NULL, *pa = fdisk_new_partition();
	_cleanup_(fdisk_unref_parttypep) struct fdisk_parttype *type =
		fdisk_label_parse_parttype(fdisk_get_label(cxt, NULL), LINUX_FILESYSTEM);
	const char *guid;
	size_t number;
	int r;

	if (!pa || !type)
		return err_set(err, ENOMEM, "no memory for a partition");
	fdisk_partition_partno_follow_default(pa, 1);
	if ((r = fdisk_partition_set_start(pa, tail->seed_offset / block)) ||
	    (r = fdisk_partition_set_size(pa, tail->seed_size / block)) ||
	    (r = fdisk_partition_set_type(pa, type)) || (r = fdisk_partition_set_name(pa, SEED_NAME)) ||
	    (r = fdisk_add_partition(cxt, pa, &number)) || (r = fdisk_get_partition(cxt, number, &added)))
		return fdisk_failed(r, "no partition can be added for the cloud-init seed", err);
	guid = fdisk_partition_get_uuid(added);
	if (!guid || strlen(guid) >= sizeof(ret->partition_guid) ||
	    fdisk_partition_get_start(added) != tail->seed_offset / block ||
	    fdisk_partition_get_size(added) != tail->seed_size / block)
		return err_set(err, EIO,
			       "partition table: the seed's partition did not come where it was asked for");
	for (size_t i = 0; i <= strlen(guid); i++)
		ret->partition_guid[i] = (char)tolower((unsigned char)guid[i]);
	ret->partition = (unsigned)number + 1;
	return 0;
}

static int run_fdisk(int fd, uint32_t block, const struct gpt_tail *tail, struct gpt_fitted *ret,
		     struct err *err)
{
	_cleanup_(fdisk_unref_contextp) struct fdisk_context *cxt = fdisk_new_context();
	int r;

	if (!cxt)
		return err_set(err, ENOMEM, "no memory for libfdisk");
	fdisk_disable_dialogs(cxt, 1);
	if ((r = fdisk_save_user_sector_size(cxt, block, block)) ||
	    (r = fdisk_assign_device_by_fd(cxt, fd, "image", 0)))
		return fdisk_failed(r, "libfdisk does not take the disk", err);
	if (!fdisk_is_label(cxt, GPT))
		return err_set(err, EMEDIUMTYPE,
			       "the image has no valid GPT in its first chunk: there is no place for a "
			       "cloud-init seed");
	if ((r = add_partition(cxt, tail, block, ret, err)) < 0)
		return r;
	if ((r = fdisk_write_disklabel(cxt)))
		return fdisk_failed(r, "cannot be written", err);
	return 0;
}

/* Where the array of entries lies, as the header says, if that is within the first chunk. */
static int find_entries(const struct bytes *first, uint32_t block, uint64_t *offset, uint32_t *n,
			uint32_t *size, struct err *err)
{
	struct gpt_header h;
	uint64_t lba;

	memcpy(&h, first->p + block, sizeof(h));
	lba = le64toh(h.PartitionEntryLBA);
	*n = le32toh(h.NumberOfPartitionEntries);
	*size = le32toh(h.SizeOfPartitionEntry);
	if (memcmp(h.Signature, "EFI PART", 8) != 0 || lba < 2 || lba > first->len / block || *size < 128 ||
	    *n == 0 || (first->len - lba * block) / *size < *n)
		return err_set(err, EMEDIUMTYPE, "the image has no valid GPT in its first chunk");
	*offset = lba * block;
	return 0;
}

static bool same(const struct bytes *a, const struct bytes *b, uint64_t from, uint64_t to)
{
	return to <= from || memcmp(a->p + from, b->p + from, to - from) == 0;
}

static bool is_free(const uint8_t *entry)
{
	static const uint8_t zeros[16]; /* PartitionTypeGUID, table 5.6 */

	return memcmp(entry, zeros, sizeof(zeros)) == 0;
}

/* Which bytes may differ: the protective MBR's records, the header's block, one entry that was free. */
static int check_changes(const struct bytes *before, const struct bytes *after, uint32_t block,
			 unsigned partition, struct err *err)
{
	uint64_t entries = 0, entry, after_entries = 0;
	uint32_t n = 0, size = 0, after_n = 0, after_size = 0;
	int r;

	if ((r = find_entries(before, block, &entries, &n, &size, err)) < 0 ||
	    (r = find_entries(after, block, &after_entries, &after_n, &after_size, err)) < 0)
		return r;
	if (after_entries != entries || after_n != n || after_size != size || partition < 1 || partition > n)
		return err_set(err, EIO, "partition table: libfdisk moved it");
	entry = entries + (uint64_t)(partition - 1) * size;
	if (!is_free(before->p + entry))
		return err_set(err, EIO, "partition table: entry %u was not free", partition);
	if (!same(before, after, 0, offsetof(struct mbr, Partition)) ||
	    !same(before, after, offsetof(struct mbr, Signature), block) ||
	    !same(before, after, 2 * (uint64_t)block, entry) ||
	    !same(before, after, entry + size, before->len))
		return err_set(err, EIO,
			       "partition table: libfdisk changed more of the image than it should");
	return 0;
}

/*
 * libfdisk writes the protective record anew and forgets its boot flag, which some BIOSes want; a hybrid MBR it leaves alone.
 */
static void keep_boot_flags(const uint8_t *before, uint8_t *after)
{
	struct mbr old, new;

	memcpy(&old, before, sizeof(old));
	memcpy(&new, after, sizeof(new));
	for (unsigned i = 0; i < 4; i++)
		if (new.Partition[i].OSType == MBR_OS_TYPE_GPT_PROTECTIVE &&
		    old.Partition[i].OSType == new.Partition[i].OSType)
			new.Partition[i].BootIndicator = old.Partition[i].BootIndicator;
	memcpy(after, &new, sizeof(new));
}

/* The memfd: the disk's size, its beginning written. */
static int make_disk(const struct bytes *first, uint64_t disk_size, int *ret_fd, struct err *err)
{
	_cleanup_close_ int fd = memfd_create("remint-gpt", MFD_CLOEXEC);

	if (fd < 0)
		return err_sys(err, errno, "memory for the partition table");
	if (ftruncate(fd, (off_t)disk_size) < 0)
		return err_sys(err, errno, "a memfd of the disk's %" PRIu64 " bytes", disk_size);
	if (pwrite_full(fd, first->p, first->len, 0, err) < 0)
		return err_prepend(err, "memory for the partition table");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int gpt_fit(void *first, uint32_t len, uint64_t disk_size, uint32_t block, const struct gpt_tail *tail,
	    struct gpt_fitted *ret, struct err *err)
{
	_cleanup_free_ uint8_t *patched = block_buffer(len), *end = block_buffer(tail->size);
	const struct bytes before = {first, len}, after = {patched, len};
	struct gpt_fitted fitted = {0};
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (len < 2 * block || tail->seed_offset < len)
		return err_set(err, EINVAL,
			       "the first chunk is too short for a partition table, or the disk too small");
	if ((r = make_disk(&before, disk_size, &fd, err)) < 0 ||
	    (r = run_fdisk(fd, block, tail, &fitted, err)) < 0)
		return r;
	if (pread_full(fd, patched, len, 0, err) < 0 ||
	    pread_full(fd, end, tail->size, tail->offset, err) < 0)
		return err_prepend(err, "reading the partition table");
	if ((r = check_changes(&before, &after, block, fitted.partition, err)) < 0)
		return r;
	keep_boot_flags(first, patched);
	memcpy(first, patched, len);
	*ret = fitted;
	ret->tail = TAKE_PTR(end);
	return 0;
}
