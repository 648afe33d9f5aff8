/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, flushing and zeroing drives. A regular file may stand in for a drive; what only a drive can
 * do is -EOPNOTSUPP there. */
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>

#include "agent/hw/block/block.h"

#define ALIGNMENT 4096

static int size_of(int fd, const struct stat *st, uint64_t *ret, struct err *err)
{
	if (S_ISREG(st->st_mode)) {
		*ret = (uint64_t)st->st_size;
		return 0;
	}
	if (!S_ISBLK(st->st_mode))
		return err_set(err, ENOTBLK, "it is not a block device");
	if (ioctl(fd, BLKGETSIZE64, ret) < 0)
		return err_sys(err, errno, "ask for the size");
	return 0;
}

static int open_direct(const struct block *block, bool writing, struct err *err)
{
	int flags = (writing ? O_RDWR | O_EXCL : O_RDONLY) | O_CLOEXEC;
	int fd = open(block->path, flags | O_DIRECT);

	if (fd < 0 && errno == EINVAL)
		fd = open(block->path, flags); /* a file on a file system without direct I/O */
	if (fd < 0 && errno == EBUSY)
		return err_set(err, EBUSY, "%s (%s): it is in use: mounted, or held by RAID or device-mapper",
			       block->name, block->path);
	if (fd < 0)
		return err_sys(err, errno, "%s: open %s", block->name, block->path);
	return fd;
}

int block_open(const struct block *block, bool writing, int *ret_fd, struct err *err)
{
	_cleanup_close_ int fd = open_direct(block, writing, err);
	uint64_t size = 0;
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "%s", block->name);
	if (size_of(fd, &st, &size, err) < 0)
		return err_prepend(err, "%s (%s)", block->name, block->path);
	if (!size)
		return err_set(err, ENOMEDIUM, "%s (%s): the drive reports a size of zero; it may be broken",
			       block->name, block->path);
	if (size != block->size)
		return err_set(err, ESTALE, "%s (%s): its size was %llu bytes and is %llu now", block->name,
			       block->path, (unsigned long long)block->size, (unsigned long long)size);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static bool is_file(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode);
}

int block_flush(int fd, struct err *err)
{
	if (fsync(fd) < 0)
		return err_sys(err, errno, "flush");
	if (!is_file(fd) && ioctl(fd, BLKFLSBUF, 0) < 0)
		return err_sys(err, errno, "drop the page cache (BLKFLSBUF)");
	return 0;
}

int block_reread_partitions(int fd, struct err *err)
{
	const struct timespec pause = {.tv_nsec = 200 * 1000 * 1000};

	if (is_file(fd))
		return 0;
	/* A scan that the kernel began by itself holds the drive for a moment. */
	for (unsigned tries = 0; ioctl(fd, BLKRRPART, 0) < 0; tries++) {
		if (errno != EBUSY || tries == 10)
			return err_sys(err, errno, "read the partition table anew (BLKRRPART)");
		nanosleep(&pause, NULL);
	}
	return 0;
}

int block_rescan(const struct block *block, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	char path[96];

	snprintf(path, sizeof(path), "/sys/class/block/%s/device/rescan", block->dev);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1", 1) != 1)
		return err_sys(err, errno, "%s: have the kernel look at it again", block->name);
	return 0;
}

static int range_request(int fd, unsigned long request, const char *name, uint64_t offset, uint64_t len,
			 struct err *err)
{
	uint64_t range[2] = {offset, len};

	if (is_file(fd))
		return err_set(err, EOPNOTSUPP, "%s: a file is no drive", name);
	if (!ioctl(fd, request, range))
		return 0;
	if (errno == EOPNOTSUPP || errno == ENOTTY)
		return err_set(err, EOPNOTSUPP, "%s: the drive has no such command", name);
	return err_sys(err, errno, "%s at %llu, %llu bytes", name, (unsigned long long)offset,
		       (unsigned long long)len);
}

int block_discard(int fd, uint64_t offset, uint64_t len, struct err *err)
{
	return range_request(fd, BLKDISCARD, "discard", offset, len, err);
}

int block_write_zeroes(int fd, uint64_t offset, uint64_t len, struct err *err)
{
	return range_request(fd, BLKZEROOUT, "write zeroes", offset, len, err);
}

/* fallocate(2) on a block device (block/fops.c, blkdev_fallocate()) never falls back to writing when a hole is asked for. */
static int allocate(int fd, int mode, const char *name, uint64_t offset, uint64_t len, struct err *err)
{
	int r;

	do
		r = fallocate(fd, mode | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)len);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_sys(err, errno, "%s at %llu, %llu bytes", name, (unsigned long long)offset,
			       (unsigned long long)len);
	return 0;
}

int block_punch(int fd, uint64_t offset, uint64_t len, struct err *err)
{
	return allocate(fd, FALLOC_FL_PUNCH_HOLE, "unmap to zeros", offset, len, err);
}

int block_zero_range(int fd, uint64_t offset, uint64_t len, struct err *err)
{
	return allocate(fd, FALLOC_FL_ZERO_RANGE, "zero", offset, len, err);
}

uint32_t block_request_max(int fd)
{
	unsigned short sectors = 0; /* of 512 bytes */

	return is_file(fd) || ioctl(fd, BLKSECTGET, &sectors) < 0 ? 0 : (uint32_t)sectors * 512;
}

void *block_buffer(size_t len)
{
	void *p;

	if (posix_memalign(&p, ALIGNMENT, len ? len : 1))
		abort();
	return p;
}
