/* SPDX-License-Identifier: Apache-2.0 */
/* Devices by path, and their users: mounts, swap, holders (md, device-mapper), loop devices. */
#include "agent/hw/block_use.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "agent/hw/block_private.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"

#define LINE_MAX_BYTES 4096

static bool kernel_name(dev_t device, char *ret, size_t size)
{
	char path[SYSFS_PATH_MAX];

	if (!sysfs_device_path("", path, sizeof(path), "/sys/dev/block/%u:%u", major(device), minor(device)))
		return false;
	snprintf(ret, size, "%s", strrchr(path, '/') + 1);
	return true;
}

static int describe_device(const char *path, dev_t device, struct block *ret, struct err *err)
{
	struct block_found found;
	char dev[sizeof(ret->dev)];

	if (!kernel_name(device, dev, sizeof(dev)))
		return err_set(err, ENODEV, "%s: the kernel knows no such device", path);
	if (sysfs_exists("/sys/class/block/%s/partition", dev))
		return err_set(err, ENOTBLK, "%s is a partition; the whole disk is needed", path);
	block_read("", dev, &found);
	*ret = found.block;
	return 0;
}

int block_of_path(const char *path, struct block *ret, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_sys(err, errno, "%s", path);
	if (S_ISBLK(st.st_mode)) {
		if (describe_device(path, st.st_rdev, ret, err) < 0)
			return -err->code;
	} else if (S_ISREG(st.st_mode)) {
		*ret = (struct block){.transport = BLOCK_OTHER,
				      .size = (uint64_t)st.st_size,
				      .logical_block_size = 512,
				      .physical_block_size = 4096};
	} else {
		return err_set(err, ENOTBLK, "%s is neither a block device nor a regular file", path);
	}
	snprintf(ret->path, sizeof(ret->path), "%s", path);
	snprintf(ret->name, sizeof(ret->name), "%s", path);
	return 0;
}

/* A mount of the device (mountinfo, field 3; proc(5)). Its place is a path that others chose: cleaned for showing. */
static bool mounted(dev_t device, const char *dev, char *ret, size_t size)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[LINE_MAX_BYTES], place[LINE_MAX_BYTES], shown[160];
	unsigned maj, min;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*u %*u %u:%u %*s %4095s", &maj, &min, place) == 3 &&
		    makedev(maj, min) == device) {
			text_clean(shown, sizeof(shown), place, strlen(place));
			snprintf(ret, size, "%s is mounted on %s", dev, shown);
			return true;
		}
	return false;
}

static bool swapped(dev_t device, const char *dev, char *ret, size_t size)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/swaps", "re");
	char line[LINE_MAX_BYTES], place[LINE_MAX_BYTES];
	struct stat st;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%4095s", place) == 1 && place[0] == '/' && !stat(place, &st) &&
		    S_ISBLK(st.st_mode) && st.st_rdev == device) {
			snprintf(ret, size, "%s is swap space", dev);
			return true;
		}
	return false;
}

static bool held(const char *dev, char *ret, size_t size)
{
	char folder[SYSFS_PATH_MAX], **names;
	struct err ignored;
	unsigned n;
	bool found;

	snprintf(folder, sizeof(folder), "/sys/class/block/%s/holders", dev);
	if (sysfs_names(folder, &names, &n, &ignored) < 0)
		return false;
	found = n > 0;
	if (found)
		snprintf(ret, size, "%s holds %s", names[0], dev);
	sysfs_names_free(names, n);
	return found;
}

static bool device_user(const char *dev, char *ret, size_t size)
{
	unsigned maj, min;
	char text[32];

	if (!sysfs_text(text, sizeof(text), "/sys/class/block/%s/dev", dev) ||
	    sscanf(text, "%u:%u", &maj, &min) != 2)
		return false;
	return mounted(makedev(maj, min), dev, ret, size) || swapped(makedev(maj, min), dev, ret, size) ||
	       held(dev, ret, size);
}

/* The device itself, then its partitions: folders of its own with an attribute "partition". */
static bool disk_user(const char *dev, char *ret, size_t size)
{
	char folder[SYSFS_PATH_MAX], **names;
	struct err ignored;
	bool used = device_user(dev, ret, size);
	unsigned n;

	snprintf(folder, sizeof(folder), "/sys/class/block/%s", dev);
	if (used || sysfs_names(folder, &names, &n, &ignored) < 0)
		return used;
	for (unsigned i = 0; i < n && !used; i++)
		used = sysfs_exists("%s/%s/partition", folder, names[i]) && device_user(names[i], ret, size);
	sysfs_names_free(names, n);
	return used;
}

/* A loop device over the file. The kernel names it by its path. */
static bool file_user(const char *path, char *ret, size_t size)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	char **names, backing[LINE_MAX_BYTES];
	struct err ignored;
	bool used = false;
	unsigned n;

	if (!real || sysfs_names("/sys/class/block", &names, &n, &ignored) < 0)
		return false;
	for (unsigned i = 0; i < n && !used; i++) {
		used = !strncmp(names[i], "loop", 4) &&
		       sysfs_text(backing, sizeof(backing), "/sys/class/block/%s/loop/backing_file",
				  names[i]) &&
		       !strcmp(backing, real);
		if (used)
			snprintf(ret, size, "%s lies on it", names[i]);
	}
	sysfs_names_free(names, n);
	return used;
}

bool block_user(const char *path, char *ret, size_t size)
{
	char dev[32];
	struct stat st;

	*ret = '\0';
	if (stat(path, &st) < 0)
		return false;
	if (S_ISREG(st.st_mode))
		return file_user(path, ret, size);
	return S_ISBLK(st.st_mode) && kernel_name(st.st_rdev, dev, sizeof(dev)) && disk_user(dev, ret, size);
}
