/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/stick_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"

/* fsync alone leaves the folder's entry behind on FAT. */
static int settle(int fd, struct err *err)
{
	return fsync(fd) < 0 || syncfs(fd) < 0 ? err_sys(err, errno, "flushing the boot medium") : 0;
}

/* From the medium as far as the kernel lets go of its pages. */
static int read_back(int fd, const void *buf, size_t len, uint64_t offset, struct err *err)
{
	_cleanup_free_ void *seen = xcalloc(1, len ? len : 1);
	int r;

	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	r = pread_full(fd, seen, len, offset, err);
	if (r == 0 && memcmp(seen, buf, len) != 0)
		r = err_set(err, EIO, "reads back differently from what was written");
	return r;
}

static int write_new(const char *path, const void *buf, size_t len, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	int r;

	if (fd < 0)
		return err_sys(err, errno, "creating it");
	r = write_full(fd, buf, len, err);
	if (r == 0)
		r = settle(fd, err);
	return r < 0 ? r : read_back(fd, buf, len, 0, err);
}

static int put_in_place(const char *from, const char *to, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;

	if (rename(from, to) < 0)
		return err_sys(err, errno, "renaming it");
	fd = open(to, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? err_sys(err, errno, "opening it") : settle(fd, err);
}

int stick_file_write(const char *folder, const char *name, const void *buf, size_t len, struct err *err)
{
	_cleanup_free_ char *path = path_join(folder, name), *fresh = str_printf("%s.new", path);
	int r = write_new(fresh, buf, len, err);

	if (r == 0)
		r = put_in_place(fresh, path, err);
	return r < 0 ? err_prepend(err, "boot medium: %s", name) : 0;
}

int stick_file_append(const char *folder, const char *name, const void *buf, size_t len, struct err *err)
{
	_cleanup_free_ char *path = path_join(folder, name);
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "boot medium: %s", name);
	r = write_full(fd, buf, len, err);
	if (r == 0)
		r = settle(fd, err);
	if (r == 0)
		r = read_back(fd, buf, len, (uint64_t)st.st_size, err);
	return r < 0 ? err_prepend(err, "boot medium: %s", name) : 0;
}
