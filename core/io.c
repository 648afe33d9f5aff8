/* SPDX-License-Identifier: Apache-2.0 */
/* Whole reads and writes of files. */
#include "core/io.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

int pread_full(int fd, void *buf, size_t len, uint64_t offset, struct err *err)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pread(fd, (char *)buf + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "read of %zu bytes at %" PRIu64, len - done,
				       offset + done);
		if (!n)
			return err_set(err, EIO, "read at %" PRIu64 ": end of file, %zu bytes too early",
				       offset + done, len - done);
		done += (size_t)n;
	}
	return 0;
}

int pwrite_full(int fd, const void *buf, size_t len, uint64_t offset, struct err *err)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pwrite(fd, (const char *)buf + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_sys(err, n ? errno : ENOSPC, "write of %zu bytes at %" PRIu64, len - done,
				       offset + done);
		done += (size_t)n;
	}
	return 0;
}

int write_full(int fd, const void *buf, size_t len, struct err *err)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, (const char *)buf + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_sys(err, n ? errno : ENOSPC, "write of %zu bytes", len - done);
		done += (size_t)n;
	}
	return 0;
}

/* Reads to the end of the file, growing, because sysfs and procfs do not tell a size. */
static int read_all(int fd, const char *path, size_t limit, char **ret_buf, size_t *ret_len, struct err *err)
{
	_cleanup_free_ char *buf = NULL;
	size_t size = 0, used = 0;

	for (;;) {
		ssize_t n;

		if (used == size) {
			size_t want = size ? size * 2 : 4096;
			char *grown = realloc(buf, want + 1);

			if (!grown)
				return err_sys(err, ENOMEM, "%s", path);
			buf = grown;
			size = want;
		}
		n = read(fd, buf + used, size - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "%s", path);
		if (!n)
			break;
		used += (size_t)n;
		if (used > limit)
			return err_set(err, EFBIG, "%s: longer than %zu bytes", path, limit);
	}
	buf[used] = '\0';
	*ret_buf = TAKE_PTR(buf);
	if (ret_len)
		*ret_len = used;
	return 0;
}

int file_read_at(int dirfd, const char *path, size_t limit, char **ret_buf, size_t *ret_len, struct err *err)
{
	_cleanup_close_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, errno, "%s", path);
	return read_all(fd, path, limit, ret_buf, ret_len, err);
}

int file_read(const char *path, size_t limit, char **ret_buf, size_t *ret_len, struct err *err)
{
	return file_read_at(AT_FDCWD, path, limit, ret_buf, ret_len, err);
}

static int sync_folder_of(const char *path, struct err *err)
{
	_cleanup_free_ char *folder = xstrdup(path);
	_cleanup_close_ int fd = -EBADF;
	char *slash = strrchr(folder, '/');

	if (slash)
		slash[slash == folder] = '\0';
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return err_sys(err, errno, "%s: its folder", path);
	return 0;
}

static int write_and_rename(int fd, const char *temporary, const char *path, const void *buf, size_t len,
			    mode_t mode, struct err *err)
{
	int r = write_full(fd, buf, len, err);

	if (r < 0)
		return err_prepend(err, "%s", path);
	if (fchmod(fd, mode) < 0 || fsync(fd) < 0 || rename(temporary, path) < 0)
		return err_sys(err, errno, "%s", path);
	return 0;
}

int file_write_atomic(const char *path, const void *buf, size_t len, mode_t mode, struct err *err)
{
	_cleanup_free_ char *temporary = str_printf("%s.XXXXXX", path);
	_cleanup_close_ int fd = mkostemp(temporary, O_CLOEXEC);
	int r;

	if (fd < 0)
		return err_sys(err, errno, "%s", path);
	r = write_and_rename(fd, temporary, path, buf, len, mode, err);
	if (r < 0) {
		unlink(temporary);
		return r;
	}
	return sync_folder_of(path, err);
}

int make_dirs(const char *path, mode_t mode, struct err *err)
{
	_cleanup_free_ char *copy = xstrdup(path);
	struct stat st;

	for (char *p = copy + 1; *copy && *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(copy, mode) < 0 && errno != EEXIST)
			return err_sys(err, errno, "folder %s", copy);
		*p = '/';
	}
	if (mkdir(copy, mode) < 0 && errno != EEXIST)
		return err_sys(err, errno, "folder %s", path);
	if (stat(copy, &st) < 0)
		return err_sys(err, errno, "folder %s", path);
	if (!S_ISDIR(st.st_mode))
		return err_sys(err, ENOTDIR, "folder %s", path);
	return 0;
}
