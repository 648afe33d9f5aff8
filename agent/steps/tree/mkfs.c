/* SPDX-License-Identifier: Apache-2.0 */
/* Which program with which arguments. Nothing of the layout becomes an option: texts are arguments of options that take one. */
#include "agent/steps/tree/mkfs.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "agent/hw/block/block.h"
#include "agent/hw/block/mount.h"
#include "agent/steps/tree/child.h"
#include "agent/steps/tree/plan.h"
#include "agent/steps/tree/swap_spec.h"
#include "core/io.h"

#define TIME_LIMIT_S 900u

static const struct {
	const char *program;
	bool built;     /* into this boot image */
	uint64_t least; /* bytes of the smallest that the program makes */
} kinds[] = {
	[LAYOUT_NONE] = {NULL, true, 0},
	[LAYOUT_VFAT] = {"mkfs.vfat", true, UINT64_C(1) << 20},
	[LAYOUT_EXT4] = {"mkfs.ext4", IS_ENABLED(CONFIG_FS_EXT4), UINT64_C(8) << 20},
	[LAYOUT_XFS] = {"mkfs.xfs", IS_ENABLED(CONFIG_FS_XFS), UINT64_C(300) << 20},
	[LAYOUT_BTRFS] = {"mkfs.btrfs", IS_ENABLED(CONFIG_FS_BTRFS), UINT64_C(110) << 20},
	[LAYOUT_SWAP] = {NULL, true, 16 * SWAP_PAGE},
};

struct arguments {
	const char **at;
	unsigned n;
};

static void put(struct arguments *a, const char *argument)
{
	if (a->n + 1 < MKFS_ARGS_MAX)
		a->at[a->n++] = argument;
	a->at[a->n] = NULL;
}

static void put_all(struct arguments *a, const char *const *list)
{
	for (; *list; list++)
		put(a, *list);
}

/* "1234-ABCD" is the number 1234abcd. Sectors are the disk's blocks: firmware reads it by them. */
static void vfat_arguments(const struct mkfs *m, struct arguments *a, char text[64])
{
	snprintf(text, 32, "%.4s%.4s", m->uuid, strlen(m->uuid) == 9 ? m->uuid + 5 : "");
	snprintf(text + 32, 32, "%u", m->logical_block_size);
	put_all(a, (const char *[]){"-i", text, "-S", text + 32, NULL});
	/* FAT32 where there are clusters enough for it: what every firmware reads. */
	if (m->size / m->logical_block_size >= 70000)
		put_all(a, (const char *[]){"-F", "32", NULL});
	if (m->label)
		put_all(a, (const char *[]){"-n", m->label, NULL});
}

/*
 * The features are spelled out, so that neither a configuration file nor a newer program decides whether a boot loader of some years ago can
 * read it. What the wipe has done need not be done again.
 */
static void ext4_arguments(const struct mkfs *m, struct arguments *a)
{
	static const char features[] =
		"none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,"
		"sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum";

	put_all(a,
		(const char *[]){"-t", "ext4", "-F", "-q", "-b", "4096", "-U", m->uuid, "-E",
				 "nodiscard,lazy_itable_init=1,lazy_journal_init=1", "-O", features, NULL});
	if (m->label)
		put_all(a, (const char *[]){"-L", m->label, NULL});
}

static void xfs_arguments(const struct mkfs *m, struct arguments *a, char text[64])
{
	snprintf(text, 64, "crc=1,uuid=%s", m->uuid);
	put_all(a, (const char *[]){"-f", "-q", "-K", "-m", text, NULL});
	if (m->label)
		put_all(a, (const char *[]){"-L", m->label, NULL});
}

static void btrfs_arguments(const struct mkfs *m, struct arguments *a)
{
	put_all(a, (const char *[]){"-f", "-q", "-K", "-U", m->uuid, NULL});
	if (m->label)
		put_all(a, (const char *[]){"-L", m->label, NULL});
}

const char *mkfs_arguments(const struct mkfs *m, char text[64], const char *ret[MKFS_ARGS_MAX])
{
	struct arguments a = {.at = ret};

	if (!kinds[m->fs].program)
		return NULL;
	put(&a, kinds[m->fs].program);
	switch (m->fs) {
	case LAYOUT_VFAT:
		vfat_arguments(m, &a, text);
		break;
	case LAYOUT_EXT4:
		ext4_arguments(m, &a);
		break;
	case LAYOUT_XFS:
		xfs_arguments(m, &a, text);
		break;
	case LAYOUT_BTRFS:
		btrfs_arguments(m, &a);
		break;
	case LAYOUT_NONE:
	case LAYOUT_SWAP:
		break;
	}
	put(&a, m->device);
	return kinds[m->fs].program;
}

int mkfs_check(const struct mkfs *m, struct err *err)
{
	const char *name = layout_fs_name(m->fs), *program = kinds[m->fs].program;
	int r;

	if (!kinds[m->fs].built)
		return err_set(err, EOPNOTSUPP, "this boot image is built without %s", name);
	if (m->size < kinds[m->fs].least)
		return err_set(err, ENOSPC, "%" PRIu64 " bytes are too few for %s: at least %" PRIu64,
			       m->size, name, kinds[m->fs].least);
	if (!program)
		return 0;
	if ((r = root_child_find(program, err)) < 0)
		return r;
	return mount_ready(name, err);
}

static int fill_swap_header(const struct mkfs *m, struct swap_header *h, struct err *err)
{
	uint64_t pages = m->size / SWAP_PAGE;

	memset(h, 0, sizeof(*h));
	h->version = SWAP_VERSION;
	h->last_page = pages > UINT32_MAX ? UINT32_MAX : (uint32_t)pages - 1;
	if (!plan_uuid_bytes(m->uuid, h->sws_uuid))
		return err_set(err, EINVAL, "%s is no UUID", m->uuid);
	if (m->label)
		memcpy(h->sws_volume, m->label, strnlen(m->label, sizeof(h->sws_volume) - 1));
	memcpy(h->magic, SWAP_SIGNATURE, sizeof(h->magic));
	return 0;
}

static int make_swap(const struct mkfs *m, struct err *err)
{
	_cleanup_free_ struct swap_header *h = block_buffer(sizeof(*h));
	_cleanup_close_ int fd = open(m->device, O_WRONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return err_sys(err, errno, "open %s", m->device);
	if ((r = fill_swap_header(m, h, err)) < 0)
		return r;
	if (pwrite_full(fd, h, sizeof(*h), 0, err) < 0)
		return err_prepend(err, "%s: the swap header", m->device);
	return fsync(fd) < 0 ? err_sys(err, errno, "%s: flush", m->device) : 0;
}

int mkfs_check_swap(const struct mkfs *m, struct err *err)
{
	_cleanup_free_ struct swap_header *want = block_buffer(sizeof(*want)), *h = block_buffer(sizeof(*h));
	_cleanup_close_ int fd = open(m->device, O_RDONLY | O_DIRECT | O_CLOEXEC);
	int r;

	if (fd < 0)
		return err_sys(err, errno, "open %s", m->device);
	if ((r = fill_swap_header(m, want, err)) < 0 || (r = pread_full(fd, h, sizeof(*h), 0, err)) < 0)
		return r;
	if (memcmp(want, h, sizeof(*h)) != 0)
		return err_set(err, EIO, "%s: the swap header is not what was written", m->device);
	return 0;
}

int mkfs_run(const struct mkfs *m, bool (*cancelled)(void *data), void *data, struct err *err)
{
	const char *arguments[MKFS_ARGS_MAX];
	char text[64];

	if (m->fs == LAYOUT_SWAP)
		return make_swap(m, err);
	if (!mkfs_arguments(m, text, arguments))
		return 0;
	return root_child_run(arguments, TIME_LIMIT_S, cancelled, data, err);
}
