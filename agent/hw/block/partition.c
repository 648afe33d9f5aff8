/* SPDX-License-Identifier: Apache-2.0 */
/* BLKPG, and the device nodes that devtmpfs makes of it. */
#include "agent/hw/block/partition.h"

#include <ctype.h>
#include <linux/blkpg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "agent/hw/sysfs.h"
#include "core/io.h"

#define PARTITIONS_MAX 256 /* numbers that the kernel takes */
#define TRIES          25  /* with a pause between them: a node that comes, a user that goes */

static void pause_short(void)
{
	const struct timespec pause = {.tv_nsec = 200 * 1000 * 1000};

	nanosleep(&pause, NULL);
}

char *partition_name(const char *dev, unsigned number)
{
	size_t len = strlen(dev);

	return str_printf("%s%s%u", dev, len && isdigit((unsigned char)dev[len - 1]) ? "p" : "", number);
}

static int request(int fd, int op, unsigned number, uint64_t offset, uint64_t len)
{
	struct blkpg_partition partition = {
		.start = (long long)offset, .length = (long long)len, .pno = (int)number};
	struct blkpg_ioctl_arg arg = {.op = op, .datalen = sizeof(partition), .data = &partition};

	return ioctl(fd, BLKPG, &arg) < 0 ? -errno : 0;
}

/* Is the node there, and the same device that sysfs tells of? */
static bool node_is_there(const char *name, const char *path)
{
	_cleanup_free_ char *attribute = str_printf("/sys/class/block/%s/dev", name), *text = NULL;
	unsigned major, minor;
	struct err none = {0};
	struct stat st;

	return file_read(attribute, 64, &text, NULL, &none) == 0 &&
	       sscanf(text, "%u:%u", &major, &minor) == 2 && stat(path, &st) == 0 && S_ISBLK(st.st_mode) &&
	       st.st_rdev == makedev(major, minor);
}

int partition_add(int fd, const struct block *disk, unsigned number, uint64_t offset, uint64_t len,
		  char **ret_path, struct err *err)
{
	_cleanup_free_ char *name = partition_name(disk->dev, number), *path = str_printf("/dev/%s", name);
	int r = request(fd, BLKPG_ADD_PARTITION, number, offset, len);

	if (r < 0)
		return err_sys(err, -r, "%s (%s): the kernel does not take partition %u (BLKPG)", disk->name,
			       disk->path, number);
	for (unsigned tries = 0; !node_is_there(name, path); tries++) {
		if (tries == TRIES) {
			(void)request(fd, BLKPG_DEL_PARTITION, number, 0, 0);
			return err_set(err, ENOENT, "%s: there is no device node for the partition", path);
		}
		pause_short();
	}
	*ret_path = TAKE_PTR(path);
	return 0;
}

int partition_delete(int fd, const struct block *disk, unsigned number, struct err *err)
{
	int r;

	/* Whoever just closed it may hold it for a moment longer. */
	for (unsigned tries = 0; (r = request(fd, BLKPG_DEL_PARTITION, number, 0, 0)) == -EBUSY; tries++) {
		if (tries == TRIES)
			break;
		pause_short();
	}
	if (r < 0 && r != -ENXIO)
		return err_sys(err, -r, "%s (%s): partition %u stays in use", disk->name, disk->path, number);
	return 0;
}

int partition_delete_all(int fd, const struct block *disk, struct err *err)
{
	for (unsigned number = 1; number < PARTITIONS_MAX; number++) {
		_cleanup_free_ char *name = partition_name(disk->dev, number);
		_cleanup_free_ char *path = str_printf("/sys/class/block/%s", name);
		int r;

		if (access(path, F_OK) == 0 && (r = partition_delete(fd, disk, number, err)) < 0)
			return r;
	}
	return 0;
}
