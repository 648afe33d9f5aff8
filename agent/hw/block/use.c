/* SPDX-License-Identifier: Apache-2.0 */
/* Devices by path, and their users: mounts, swap, holders (md, device-mapper), loop devices. */
#include "agent/hw/block/use.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "agent/hw/block/private.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"

#define LINE_MAX_BYTES 4096

bool block_kernel_name(dev_t device, char *ret, size_t size)
{
	char path[SYSFS_PATH_MAX];

	if (!sysfs_device_path("", path, sizeof(path), "/sys/dev/block/%u:%u", major(device), minor(device)))
		return false;
	snprintf(ret, size, "%s", strrchr(path, '/') + 1);
	return true;
}

bool block_is_part(const char *dev, dev_t device)
{
	char name[32];

	return block_kernel_name(device, name, sizeof(name)) &&
	       (!strcmp(name, dev) || sysfs_exists("/sys/class/block/%s/%s/partition", dev, name));
}

static int describe_device(const char *path, dev_t device, struct block *ret, struct err *err)
{
	struct block_found found;
	char dev[sizeof(ret->dev)];

	if (!block_kernel_name(device, dev, sizeof(dev)))
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

static bool is_device(const char *path, dev_t device)
{
	struct stat st;

	return path[0] == '/' && !stat(path, &st) && S_ISBLK(st.st_mode) && st.st_rdev == device;
}

/* The mount's source, behind " - " and its type: btrfs has a device number of its own. */
static bool mount_source_is(const char *line, dev_t device)
{
	const char *rest = strstr(line, " - ");
	char source[LINE_MAX_BYTES];

	return rest && sscanf(rest + 3, "%*s %4095s", source) == 1 && is_device(source, device);
}

/* A mount of the device (mountinfo, field 3; proc(5)). Its place is a path that others chose: cleaned for showing. */
static bool mounted(dev_t device, const char *dev, char *ret, size_t size)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[LINE_MAX_BYTES], place[LINE_MAX_BYTES], shown[160];
	unsigned maj, min;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*u %*u %u:%u %*s %4095s", &maj, &min, place) == 3 &&
		    (makedev(maj, min) == device || (!maj && mount_source_is(line, device)))) {
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

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%4095s", place) == 1 && is_device(place, device)) {
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

/* What a loop device lies on; the kernel names it by its path. */
static bool lies_on(const char *loop, const struct stat *wanted, const char *dev)
{
	char backing[LINE_MAX_BYTES] = ""; /* as it is: text_clean() would change names that are not ASCII */
	struct stat st;

	sysfs_bytes(backing, sizeof(backing) - 1, "/sys/class/block/%s/loop/backing_file", loop);
	backing[strcspn(backing, "\n")] = '\0';
	if (stat(backing, &st) < 0)
		return false;
	if (S_ISBLK(wanted->st_mode))
		return S_ISBLK(st.st_mode) && block_is_part(dev, st.st_rdev);
	return st.st_dev == wanted->st_dev && st.st_ino == wanted->st_ino;
}

/* A loop device over the file, the disk or one of its partitions: it claims none of them. */
static bool loop_user(const struct stat *wanted, const char *dev, char *ret, size_t size)
{
	struct err ignored;
	bool used = false;
	char **names;
	unsigned n;

	if (sysfs_names("/sys/class/block", &names, &n, &ignored) < 0)
		return false;
	for (unsigned i = 0; i < n && !used; i++) {
		used = !strncmp(names[i], "loop", 4) && lies_on(names[i], wanted, dev);
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
		return loop_user(&st, "", ret, size);
	return S_ISBLK(st.st_mode) && block_kernel_name(st.st_rdev, dev, sizeof(dev)) &&
	       (disk_user(dev, ret, size) || loop_user(&st, dev, ret, size));
}
