/* SPDX-License-Identifier: Apache-2.0 */
/* The table is libfdisk's, written into a sparse memfd of the disk's size; the backup that it makes there is not used: `personalise` makes it. */
#include "agent/steps/tree/plan.h"

#include <ctype.h>
#include <inttypes.h>
#include <libfdisk/libfdisk.h>
#include <string.h>
#include <sys/mman.h>

#include "agent/hw/block/block.h"
#include "core/hash.h"
#include "core/io.h"

DEFINE_CLEANUP(struct fdisk_context *, fdisk_unref_context);
DEFINE_CLEANUP(struct fdisk_partition *, fdisk_unref_partition);
DEFINE_CLEANUP(struct fdisk_parttype *, fdisk_unref_parttype);

void plan_random_guid(char text[PLAN_GUID_SIZE])
{
	char hex[33];
	uint8_t b[16];

	random_bytes(b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40); /* version 4, RFC 4122 4.4 */
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	hex_encode(b, sizeof(b), hex);
	snprintf(text, PLAN_GUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
		 hex + 20);
}

void plan_fs_uuid(const struct layout_partition *part, char text[PLAN_FS_UUID_MAX])
{
	uint16_t id[2];

	if (part->fs_uuid) {
		snprintf(text, PLAN_FS_UUID_MAX, "%s", part->fs_uuid);
	} else if (part->fs == LAYOUT_VFAT) {
		random_bytes(id, sizeof(id));
		snprintf(text, PLAN_FS_UUID_MAX, "%04X-%04X", id[0], id[1]);
	} else {
		plan_random_guid(text);
	}
}

bool plan_uuid_bytes(const char *text, uint8_t bytes[16])
{
	char hex[33];
	size_t n = 0;

	if (strlen(text) != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash != (text[i] == '-'))
			return false;
		if (!dash)
			hex[n++] = text[i];
	}
	hex[n] = '\0';
	return hex_decode(hex, bytes, 16) == 0;
}

int plan_make(const struct layout *layout, uint64_t end, bool own_guids, struct plan *ret, struct err *err)
{
	uint64_t at = PLAN_BEGIN;

	*ret = (struct plan){.n = layout->n_partitions};
	plan_random_guid(ret->disk_guid);
	end = end / LAYOUT_ALIGN * LAYOUT_ALIGN;
	for (unsigned i = 0; i < layout->n_partitions; i++) {
		const struct layout_partition *part = &layout->partitions[i];
		struct plan_partition *p = &ret->partitions[i];

		p->part = part;
		p->offset = at;
		p->size = part->size ? part->size : at < end ? end - at : 0;
		if (p->size == 0 || p->size > end || at > end - p->size)
			return err_set(
				err, ENOSPC,
				"partition %s does not fit: partitions can have the bytes from %" PRIu64
				" to %" PRIu64,
				part->name, (uint64_t)PLAN_BEGIN, end);
		at += p->size;
		if (own_guids || !*part->guid)
			plan_random_guid(p->guid);
		else
			memcpy(p->guid, part->guid, sizeof(p->guid));
	}
	return 0;
}

static int fdisk_failed(int r, const char *what, struct err *err)
{
	return err_sys(err, r < 0 ? -r : EIO, "partition table: %s", what);
}

static int add_one(struct fdisk_context *cxt, const struct plan_partition *p, size_t number, uint32_t block,
		   struct err *err)
{
	_cleanup_(fdisk_unref_partitionp) struct fdisk_partition *pa = fdisk_new_partition();
	_cleanup_(fdisk_unref_parttypep) struct fdisk_parttype *type = NULL;
	char type_guid[PLAN_GUID_SIZE];
	int r;

	for (size_t i = 0; i < sizeof(type_guid); i++)
		type_guid[i] = (char)toupper((unsigned char)p->part->type_guid[i]);
	type = fdisk_label_parse_parttype(fdisk_get_label(cxt, NULL), type_guid);
	if (!pa || !type)
		return err_set(err, ENOMEM, "no memory for a partition");
	if ((r = fdisk_partition_set_partno(pa, number)) ||
	    (r = fdisk_partition_set_start(pa, p->offset / block)) ||
	    (r = fdisk_partition_set_size(pa, p->size / block)) || (r = fdisk_partition_set_type(pa, type)) ||
	    (r = fdisk_partition_set_name(pa, p->part->name)) ||
	    (r = fdisk_partition_set_uuid(pa, p->guid)) || (r = fdisk_add_partition(cxt, pa, NULL)))
		return fdisk_failed(r, p->part->name, err);
	return 0;
}

static int run_fdisk(const struct plan *plan, int fd, uint32_t block, struct err *err)
{
	_cleanup_(fdisk_unref_contextp) struct fdisk_context *cxt = fdisk_new_context();
	int r;

	if (!cxt)
		return err_set(err, ENOMEM, "no memory for libfdisk");
	fdisk_disable_dialogs(cxt, 1);
	if ((r = fdisk_save_user_sector_size(cxt, block, block)) ||
	    (r = fdisk_assign_device_by_fd(cxt, fd, "root", 0)) || (r = fdisk_create_disklabel(cxt, "gpt")) ||
	    (r = fdisk_set_disklabel_id_from_string(cxt, plan->disk_guid)))
		return fdisk_failed(r, "libfdisk does not take the disk", err);
	for (unsigned i = 0; i < plan->n; i++)
		if ((r = add_one(cxt, &plan->partitions[i], i, block, err)) < 0)
			return r;
	if ((r = fdisk_write_disklabel(cxt)))
		return fdisk_failed(r, "cannot be written", err);
	return 0;
}

/* What libfdisk has understood is what was planned, before anything rests upon it. */
static int check_table(const struct plan *plan, int fd, uint32_t block, struct err *err)
{
	_cleanup_(fdisk_unref_contextp) struct fdisk_context *cxt = fdisk_new_context();
	int r;

	if (!cxt)
		return err_set(err, ENOMEM, "no memory for libfdisk");
	fdisk_disable_dialogs(cxt, 1);
	if ((r = fdisk_save_user_sector_size(cxt, block, block)) ||
	    (r = fdisk_assign_device_by_fd(cxt, fd, "root", 1)))
		return fdisk_failed(r, "cannot be read again", err);
	for (unsigned i = 0; i < plan->n; i++) {
		_cleanup_(fdisk_unref_partitionp) struct fdisk_partition *pa = NULL;
		const struct plan_partition *p = &plan->partitions[i];
		const char *guid;

		if ((r = fdisk_get_partition(cxt, i, &pa)))
			return fdisk_failed(r, p->part->name, err);
		guid = fdisk_partition_get_uuid(pa);
		if (!guid || strcasecmp(guid, p->guid) != 0 ||
		    fdisk_partition_get_start(pa) != p->offset / block ||
		    fdisk_partition_get_size(pa) != p->size / block)
			return err_set(err, EIO, "partition table: %s did not come where it was asked for",
				       p->part->name);
	}
	return 0;
}

int plan_table(const struct plan *plan, uint64_t size, uint32_t block, void **ret, struct err *err)
{
	_cleanup_close_ int fd = memfd_create("remint-gpt", MFD_CLOEXEC);
	_cleanup_free_ void *first = block_buffer(PLAN_BEGIN);
	int r;

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		return err_sys(err, errno, "memory for the partition table");
	if ((r = run_fdisk(plan, fd, block, err)) < 0 || (r = check_table(plan, fd, block, err)) < 0)
		return r;
	if (pread_full(fd, first, PLAN_BEGIN, 0, err) < 0)
		return err_prepend(err, "reading the partition table");
	*ret = TAKE_PTR(first);
	return 0;
}
