/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that have a device or a file open for writing: /proc/PID/fd and fdinfo, see proc(5). */
#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/hw/block/private.h"
#include "agent/hw/block/use.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"

static bool for_writing(const char *pid, const char *fd)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[SYSFS_PATH_MAX], line[128];
	unsigned flags;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "flags: %o", &flags) == 1)
			return (flags & O_ACCMODE) != O_RDONLY;
	return false;
}

/* The file itself; of a disk its partitions too. */
static bool is_it(const struct stat *seen, const struct stat *wanted, const char *dev)
{
	if (S_ISBLK(wanted->st_mode))
		return S_ISBLK(seen->st_mode) && block_is_part(dev, seen->st_rdev);
	return seen->st_dev == wanted->st_dev && seen->st_ino == wanted->st_ino;
}

static bool process_has(const char *pid, const struct stat *wanted, const char *dev)
{
	char path[SYSFS_PATH_MAX], **fds;
	struct err ignored;
	struct stat seen;
	bool has = false;
	unsigned n;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	if (sysfs_names(path, &fds, &n, &ignored) < 0)
		return false;
	for (unsigned i = 0; i < n && !has; i++) {
		snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid, fds[i]);
		has = !stat(path, &seen) && is_it(&seen, wanted, dev) && for_writing(pid, fds[i]);
	}
	sysfs_names_free(fds, n);
	return has;
}

bool block_opener(const char *path, char *ret, size_t size)
{
	char dev[32] = "", name[32], **pids;
	struct err ignored;
	bool found = false;
	uint64_t
		server; /* nbd-client and qemu-nbd keep the device open that they serve; a thread of theirs is its attribute "pid" */
	struct stat wanted;
	unsigned n;

	*ret = '\0';
	if (stat(path, &wanted) < 0 ||
	    (S_ISBLK(wanted.st_mode) && !block_kernel_name(wanted.st_rdev, dev, sizeof(dev))) ||
	    sysfs_names("/proc", &pids, &n, &ignored) < 0)
		return false;
	server = *dev ? sysfs_number(0, "/sys/class/block/%s/pid", dev) : 0;
	for (unsigned i = 0; i < n && !found; i++) {
		found = isdigit((unsigned char)pids[i][0]) && strtol(pids[i], NULL, 10) != getpid() &&
			!(server && sysfs_exists("/proc/%s/task/%" PRIu64, pids[i], server)) &&
			process_has(pids[i], &wanted, dev);
		if (found && !sysfs_text(name, sizeof(name), "/proc/%s/comm", pids[i]))
			snprintf(name, sizeof(name), "a program");
		if (found)
			snprintf(ret, size, "%s (process %.10s) has it open for writing", name, pids[i]);
	}
	sysfs_names_free(pids, n);
	return found;
}
