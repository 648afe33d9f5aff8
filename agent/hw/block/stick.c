/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at removable drives and their partitions alone: a label on the machine's own disks is a tenant's and means nothing. */
#include "agent/hw/block/stick.h"

#include <blkid/blkid.h>
#include <fcntl.h>
#include <string.h>

#include "agent/hw/block/block.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"
#include "core/log.h"

DEFINE_CLEANUP(blkid_probe, blkid_free_probe);

static bool value_is(blkid_probe probe, const char *name, const char *expected)
{
	const char *value;

	return blkid_probe_lookup_value(probe, name, &value, NULL) == 0 && !strcmp(value, expected);
}

static bool has_label(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_(blkid_free_probep) blkid_probe probe = fd < 0 ? NULL : blkid_new_probe();

	if (!probe || blkid_probe_set_device(probe, fd, 0, 0))
		return false;
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL);
	/* "safe": a file system that could be two is none. */
	return blkid_do_safeprobe(probe) == 0 && value_is(probe, "TYPE", "vfat") &&
	       value_is(probe, "LABEL", STICK_LABEL);
}

static int take(const char *dev, char **found, struct err *err)
{
	_cleanup_free_ char *path = str_printf("/dev/%s", dev);

	if (!has_label(path))
		return 0;
	log_debug("boot medium: %s", path);
	if (*found)
		return err_set(err, ENOTUNIQ,
			       "boot medium: both %s and %s are labelled " STICK_LABEL ": leave one", *found,
			       path);
	*found = TAKE_PTR(path);
	return 0;
}

/* The drive itself and its partitions, which sysfs has as folders of the drive's. */
static int look_at(const struct block *block, char **found, struct err *err)
{
	_cleanup_free_ char *folder = str_printf("/sys/class/block/%s", block->dev);
	struct err none = {0};
	char **names = NULL;
	unsigned n = 0;
	int r = take(block->dev, found, err);

	if (sysfs_names(folder, &names, &n, &none) < 0)
		return r; /* it was pulled out */
	for (unsigned i = 0; r == 0 && i < n; i++)
		if (sysfs_exists("%s/%s/partition", folder, names[i]))
			r = take(names[i], found, err);
	sysfs_names_free(names, n);
	return r;
}

int stick_find(char **ret, struct err *err)
{
	_cleanup_free_ struct block *blocks = NULL;
	_cleanup_free_ char *found = NULL;
	unsigned n = 0;
	int r = block_list("", &blocks, &n, err);

	for (unsigned i = 0; r == 0 && i < n; i++)
		if ((blocks[i].removable || blocks[i].virtual_media) && !blocks[i].fabrics)
			r = look_at(&blocks[i], &found, err);
	if (r < 0)
		return r;
	if (!found)
		return err_set(err, ENODEV,
			       "boot medium: no removable drive has a FAT file system labelled " STICK_LABEL);
	*ret = TAKE_PTR(found);
	return 0;
}
