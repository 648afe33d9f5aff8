/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "images/layout_check.h"

#define MIB (UINT64_C(1) << 20)

/* What a file system carries, and the least that its mkfs takes. */
static const struct {
	size_t label_max; /* bytes */
	uint64_t min;     /* bytes */
} bounds[] = {
	[LAYOUT_NONE] = {0, MIB},       [LAYOUT_VFAT] = {11, 4 * MIB},     [LAYOUT_EXT4] = {16, 4 * MIB},
	[LAYOUT_XFS] = {12, 300 * MIB}, [LAYOUT_BTRFS] = {255, 128 * MIB}, [LAYOUT_SWAP] = {15, MIB},
};

static bool hex_groups(const char *text, const char *pattern, const char *digits)
{
	bool zeros = true;

	if (strlen(text) != strlen(pattern))
		return false;
	for (size_t i = 0; text[i]; i++) {
		if (pattern[i] == '-' ? text[i] != '-' : !strchr(digits, text[i]))
			return false;
		zeros = zeros && (text[i] == '-' || text[i] == '0');
	}
	return !zeros;
}

bool layout_guid_valid(const char *guid)
{
	return hex_groups(guid, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "0123456789abcdef");
}

bool layout_path_valid(const char *path)
{
	if (path[0] != '/')
		return false;
	for (const char *p = path; p[0] == '/' && p[1];) {
		size_t len = strcspn(++p, "/");

		if (len == 0 || len > 255 || (len == 1 && p[0] == '.') || (len == 2 && !memcmp(p, "..", 2)))
			return false;
		p += len;
		if (p[0] == '/' && !p[1])
			return false;
	}
	return true;
}

static bool name_valid(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	return name[0] && strspn(name, allowed) == strlen(name);
}

/* Printable ASCII that no mkfs, fstab or udev rule needs to quote; a space may stand within. */
static bool label_valid(const char *label, enum layout_fs fs)
{
	size_t len = strlen(label);

	if (len == 0 || len > bounds[fs].label_max || label[0] == ' ' || label[len - 1] == ' ')
		return false;
	for (size_t i = 0; i < len; i++)
		if (label[i] < 0x20 || label[i] > 0x7e || strchr("/\\\"'`$", label[i]) ||
		    (fs == LAYOUT_VFAT && strchr("*?.,;:|+=<>[]&^", label[i])))
			return false;
	return true;
}

static bool uuid_valid(const char *uuid, enum layout_fs fs)
{
	if (fs == LAYOUT_VFAT)
		return hex_groups(uuid, "XXXX-XXXX", "0123456789ABCDEF");
	return fs != LAYOUT_NONE && layout_guid_valid(uuid);
}

/* Folders that the system mounts over when it starts: nothing in them would be seen. */
static bool mount_hidden(const char *mount)
{
	static const char *const hidden[] = {"/dev", "/proc", "/run", "/sys"};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		size_t len = strlen(hidden[i]);

		if (!strncmp(mount, hidden[i], len) && (mount[len] == '/' || !mount[len]))
			return true;
	}
	return false;
}

static int bad(struct err *err, const char *what, const char *why)
{
	return err_set(err, EBADMSG, "%s.%s", what, why);
}

static int check_mount(const struct layout_partition *p, const char *what, struct err *err)
{
	if (!p->mount)
		return 0;
	if (p->fs == LAYOUT_NONE || p->fs == LAYOUT_SWAP)
		return bad(err, what, "mount needs a file system");
	if (!layout_path_valid(p->mount) || mount_hidden(p->mount))
		return bad(err, what,
			   "mount is not an absolute path without \"//\", \".\" and \"..\", outside /dev, "
			   "/proc, /run and /sys");
	if (p->fs == LAYOUT_VFAT && !strcmp(p->mount, "/"))
		return bad(err, what, "mount is \"/\", and vfat cannot hold a root file system");
	return 0;
}

static int check_esp(const struct layout_partition *p, const char *what, struct err *err)
{
	bool esp = !strcmp(p->type_guid, LAYOUT_TYPE_ESP), swap = !strcmp(p->type_guid, LAYOUT_TYPE_SWAP);

	if (esp && p->fs != LAYOUT_VFAT)
		return bad(err, what, "fs of the EFI system partition is not vfat");
	if (esp && p->mirrored)
		return bad(err, what,
			   "mirrored: firmware writes to EFI system partitions behind a mirror's back");
	if (esp && p->mount && !strcmp(p->mount, "/"))
		return bad(err, what, "mount of the EFI system partition is \"/\"");
	if (swap != (p->fs == LAYOUT_SWAP))
		return bad(err, what, "type and fs: both are swap, or neither is");
	return 0;
}

int layout_check_partition(const struct layout_partition *p, const char *what, struct err *err)
{
	int r;

	if (!name_valid(p->name))
		return bad(err, what, "name is not of the form [A-Za-z0-9._-]{1,36}");
	if (p->size % LAYOUT_ALIGN)
		return bad(err, what, "size is not a multiple of 1 MiB");
	if (p->size && p->size < bounds[p->fs].min)
		return bad(err, what, "size is less than the file system needs");
	if (p->label && !label_valid(p->label, p->fs))
		return bad(err, what, "label is not one that the file system can carry");
	if (p->fs_uuid && !uuid_valid(p->fs_uuid, p->fs))
		return bad(err, what, "uuid is not one that the file system can carry");
	if ((r = check_mount(p, what, err)) < 0)
		return r;
	return check_esp(p, what, err);
}

static bool same(const char *a, const char *b)
{
	return a && b && a[0] && !strcasecmp(a, b);
}

static int check_pair(const struct layout_partition *a, const struct layout_partition *b, struct err *err)
{
	const char *field = same(a->name, b->name)                                ? "name"
			    : same(a->guid, b->guid)                              ? "guid"
			    : same(a->fs_uuid, b->fs_uuid)                        ? "uuid"
			    : same(a->label, b->label)                            ? "label"
			    : a->mount && b->mount && !strcmp(a->mount, b->mount) ? "mount"
										  : NULL;

	if (field)
		return err_set(err, EBADMSG, "layout: partitions: \"%s\" and \"%s\" have the same %s",
			       a->name, b->name, field);
	return 0;
}

static int check_partitions(const struct layout *layout, struct err *err)
{
	unsigned esps = 0, roots = 0;
	int r;

	for (unsigned i = 0; i < layout->n_partitions; i++) {
		const struct layout_partition *p = &layout->partitions[i];

		esps += !strcmp(p->type_guid, LAYOUT_TYPE_ESP);
		roots += p->mount && !strcmp(p->mount, "/");
		if (!p->size && i + 1 < layout->n_partitions)
			return err_set(
				err, EBADMSG,
				"layout: partitions[%u].size is missing: only the last may take what is left",
				i);
		for (unsigned j = 0; j < i; j++)
			if ((r = check_pair(&layout->partitions[j], p, err)) < 0)
				return r;
	}
	if (esps != 1)
		return err_set(err, EBADMSG, "layout: partitions: %u are of type esp, and one must be", esps);
	if (roots != 1)
		return err_set(err, EBADMSG, "layout: partitions: %u have the mount \"/\", and one must",
			       roots);
	return 0;
}

/* FAT does not tell upper from lower case. */
static int check_copies(const struct layout *layout, struct err *err)
{
	for (unsigned i = 0; i < layout->n_copies; i++)
		for (unsigned j = 0; j < i; j++)
			if (!strcasecmp(layout->copies[i].to, layout->copies[j].to))
				return err_set(err, EBADMSG, "layout: copies[%u].to is that of copies[%u]", i,
					       j);
	return 0;
}

int layout_check(const struct layout *layout, struct err *err)
{
	int r = check_partitions(layout, err);

	return r < 0 ? r : check_copies(layout, err);
}

uint64_t layout_min_size(const struct layout *layout)
{
	uint64_t size = 2 * LAYOUT_ALIGN;

	for (unsigned i = 0; i < layout->n_partitions; i++) {
		const struct layout_partition *p = &layout->partitions[i];

		size += p->size ? p->size : bounds[p->fs].min;
	}
	return size;
}

const struct layout_partition *layout_find(const struct layout *layout, const char *path)
{
	const struct layout_partition *best = NULL;
	size_t best_len = 0;

	for (unsigned i = 0; i < layout->n_partitions; i++) {
		const struct layout_partition *p = &layout->partitions[i];
		size_t len = p->mount ? strlen(p->mount) : 0;

		if (len == 1)
			len = 0; /* "/" */
		if (p->mount && !strncmp(path, p->mount, len) && (path[len] == '/' || !path[len]) &&
		    (!best || len > best_len)) {
			best = p;
			best_len = len;
		}
	}
	return best;
}

const struct layout_partition *layout_esp(const struct layout *layout)
{
	for (unsigned i = 0; i < layout->n_partitions; i++)
		if (!strcmp(layout->partitions[i].type_guid, LAYOUT_TYPE_ESP))
			return &layout->partitions[i];
	return NULL;
}
