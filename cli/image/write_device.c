/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/image/write_device.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "core/io.h"
#include "core/json.h"

#define LOOKED_AT (1u << 20) /* bytes at the beginning that must be zeros on a device that holds nothing */

static bool is_device(const struct write_device *d)
{
	return *d->block.dev;
}

static int suits(const struct write_device *d, const struct manifest *m, struct err *err)
{
	if (d->block.read_only)
		return err_set(err, EROFS, "%s is read-only", d->path);
	if (d->block.zoned == 2)
		return err_set(err, EOPNOTSUPP, "%s is a host-managed zoned drive", d->path);
	if (d->block.size < m->size)
		return err_set(err, ENOSPC, "%s has %" PRIu64 " bytes, and %s needs %" PRIu64, d->path,
			       d->block.size, m->name, m->size);
	if (is_device(d) && d->block.logical_block_size != m->logical_block_size)
		return err_set(err, EINVAL,
			       "%s has logical blocks of %" PRIu32
			       " bytes, and the partition table of %s counts in blocks of %" PRIu32,
			       d->path, d->block.logical_block_size, m->name, m->logical_block_size);
	return 0;
}

static int in_use(const char *path, struct err *err)
{
	char user[256];

	if (block_user(path, user, sizeof(user)) || block_opener(path, user, sizeof(user)))
		return err_set(err, EBUSY, "%s is in use: %s", path, user);
	return err_set(err, EBUSY, "%s is in use by another program", path);
}

/* Not every file system has direct I/O, nor suits it a file, or an image in it, that does not end at a page. */
static int open_direct(const struct write_device *d)
{
	int flags = O_RDWR | O_CLOEXEC | (is_device(d) ? O_EXCL : 0), fd = -1;

	if (is_device(d) || (d->block.size % 4096 == 0 && d->image_size % 4096 == 0))
		fd = open(d->path, flags | O_DIRECT);
	if (fd < 0 && (errno == EINVAL || !is_device(d)))
		fd = open(d->path, flags);
	return fd < 0 ? -errno : fd;
}

/* Opens it so that nobody else writes to it: -EBUSY when somebody may. O_EXCL alone keeps off only those that give it too. */
static int open_once(struct write_device *d, struct err *err)
{
	_cleanup_close_ int fd = open_direct(d);
	char user[256];
	struct stat st;

	if (fd == -EBUSY)
		return in_use(d->path, err);
	if (fd < 0)
		return err_sys(err, -fd, "open %s", d->path);
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "%s", d->path);
	if (S_ISBLK(st.st_mode) != is_device(d))
		return err_set(err, ESTALE, "%s has just become another file", d->path);
	if (!is_device(d) && flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? in_use(d->path, err) : err_sys(err, errno, "lock %s", d->path);
	if (block_opener(d->path, user, sizeof(user)))
		return err_set(err, EBUSY, "%s is in use: %s", d->path, user);
	d->fd = TAKE_FD(fd);
	return 0;
}

/* A program that was killed in the midst of writing lets go of the device a moment after its end. */
static int open_alone(struct write_device *d, struct err *err)
{
	const struct timespec pause = {.tv_nsec = 200 * 1000 * 1000};
	char user[256];
	int r = -EBUSY;

	for (unsigned tries = 0; r == -EBUSY && tries < 15; tries++) {
		if (tries)
			nanosleep(&pause, NULL);
		if (block_user(d->path, user, sizeof(user)))
			return err_set(err, EBUSY, "%s is in use: %s", d->path, user);
		r = open_once(d, err);
	}
	return r;
}

static bool all_zero(const uint8_t *bytes, size_t len)
{
	return !len || (!bytes[0] && !memcmp(bytes, bytes + 1, len - 1));
}

/* "gpt, vfat 'ESP', ext4 'root'" */
static void tell_signatures(const json_t *found, char *text, size_t size)
{
	const char *type, *label;
	size_t i, n = 0;
	json_t *one;

	*text = '\0';
	json_array_foreach(found, i, one) {
		type = json_string_value(json_object_get(one, "type"));
		label = json_string_value(json_object_get(one, "label"));
		if (i < 4 && n < size)
			n += (size_t)snprintf(text + n, size - n, "%s%s%s%s%s", i ? ", " : "",
					      type ? type : "something", label ? " '" : "",
					      label ? label : "", label ? "'" : "");
	}
	if (i > 4 && n < size)
		snprintf(text + n, size - n, " and more");
}

static int check_empty(const struct write_device *d, size_t len, const char *otherwise, struct err *err)
{
	_cleanup_free_ uint8_t *bytes = block_buffer(len);

	if (pread_full(d->fd, bytes, len, 0, err) < 0)
		return err_prepend(err, "%s", d->path);
	if (!all_zero(bytes, len))
		return err_set(err, EEXIST, "%s holds data: %s", d->path, otherwise);
	return 0;
}

/* An interrupted write has left the first chunk's place as zeros. */
static int check_resumable(const struct write_device *d, size_t first, struct err *err)
{
	return check_empty(d, first,
			   "its beginning is not empty, as an interrupted write would have left it; --resume "
			   "--force writes all the same",
			   err);
}

static int check_data(const struct write_device *d, struct err *err)
{
	size_t len = d->block.size < LOOKED_AT ? (size_t)d->block.size : LOOKED_AT;
	_cleanup_json_ json_t *found = NULL;
	char text[400];

	if (block_signatures(d->fd, &found, err) < 0)
		return err_prepend(err, "%s", d->path);
	tell_signatures(found, text, sizeof(text));
	if (*text)
		return err_set(err, EEXIST,
			       "%s holds data: %s; --force overwrites it, --resume goes on with an "
			       "interrupted write",
			       d->path, text);
	return check_empty(d, len, "its first MiB is not empty; --force overwrites it", err);
}

int write_device_open(const char *path, const struct manifest *manifest, const struct write_policy *policy,
		      struct write_device *ret, struct err *err)
{
	struct write_device d = {.path = path, .fd = -EBADF, .image_size = manifest->size};
	size_t first = manifest->size < IMAGE_CHUNK_SIZE ? (size_t)manifest->size : IMAGE_CHUNK_SIZE;
	int r;

	if ((r = block_of_path(path, &d.block, err)) < 0 || (r = suits(&d, manifest, err)) < 0 ||
	    (r = open_alone(&d, err)) < 0)
		return r;
	if (!policy->force)
		r = policy->resume ? check_resumable(&d, first, err) : check_data(&d, err);
	if (r < 0) {
		write_device_close(&d);
		return r;
	}
	/* A file that consists of one hole has never held anything. */
	d.reads_zero = !is_device(&d) && lseek(d.fd, 0, SEEK_DATA) < 0 && errno == ENXIO;
	*ret = d;
	return 0;
}

void write_device_close(struct write_device *d)
{
	close_fdp(&d->fd);
	d->fd = -EBADF;
}

int write_device_unboot(struct write_device *d, uint32_t first_chunk_len, struct err *err)
{
	_cleanup_free_ void *zeros = block_buffer(first_chunk_len);
	int r;

	memset(zeros, 0, first_chunk_len);
	r = pwrite_full(d->fd, zeros, first_chunk_len, 0, err);
	if (r == 0)
		r = block_flush(d->fd, err);
	d->unsure = r < 0;
	return r < 0 ? err_prepend(err, "%s: making it unbootable first", d->path) : 0;
}

/* A file has no blocks of its own; direct I/O wants whole pages. */
static size_t first_block(const struct write_device *d)
{
	return is_device(d) ? d->block.logical_block_size : 4096;
}

bool write_device_boots_not(const struct write_device *d)
{
	struct err ignored;

	return !d->unsure && check_empty(d, first_block(d), "", &ignored) == 0;
}

/*
 * The first block goes last, when the rest is on the medium: without the protective MBR in it neither UEFI nor BIOS finds
 * anything to boot (UEFI 2.10, 5.2.3), so a power cut in the midst leaves no disk that boots with half a chunk.
 */
static int write_first(int fd, const uint8_t *chunk, size_t len, size_t block, struct err *err)
{
	int r = pwrite_full(fd, chunk + block, len - block, block, err);

	if (r == 0)
		r = block_flush(fd, err);
	if (r == 0)
		r = pwrite_full(fd, chunk, block, 0, err);
	if (r == 0)
		r = block_flush(fd, err);
	return r;
}

static int read_first(int fd, const void *chunk, size_t len, struct err *err)
{
	_cleanup_free_ void *seen = block_buffer(len);
	int r = pread_full(fd, seen, len, 0, err);

	if (r == 0 && memcmp(seen, chunk, len) != 0)
		r = err_set(err, EIO, "it reads back differently from what was written");
	return r;
}

int write_device_commit(struct write_device *d, const void *first_chunk, uint32_t len, char **ret_note,
			struct err *err)
{
	_cleanup_free_ uint8_t *aligned = block_buffer(len);
	struct err second;
	int r;

	*ret_note = NULL;
	memcpy(aligned, first_chunk, len);
	r = write_first(d->fd, aligned, len, first_block(d), err);
	if (r == 0)
		r = read_first(d->fd, aligned, len, err);
	if (r < 0) {
		err_prepend(err, "%s: the first chunk", d->path);
		if (write_device_unboot(d, len, &second) < 0)
			*ret_note = xstrdup(second.text);
		return r;
	}
	/* EINVAL: a device without partitions, such as a loop device that was set up without scanning for them */
	r = block_reread_partitions(d->fd, &second);
	if (r < 0 && r != -EINVAL)
		*ret_note = str_printf("%s: %s; partprobe or a restart does that", d->path, second.text);
	return 0;
}
