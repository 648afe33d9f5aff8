/* SPDX-License-Identifier: Apache-2.0 */
/* The disk that is packed: opened, converted if need be, its partition table looked at. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "images/content.h"
#include "images/pack_source.h"
#include "images/qcow2.h"
#include "images/suits.h"

/* A file that changes is found out by its times; a device has none. */
static void note_in_use(const struct pack_options *o)
{
	_cleanup_close_ int fd = open(o->disk, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;

	if (fd >= 0 || errno != EBUSY || !o->note)
		return;
	text = str_printf(
		"%s is in use (mounted, or part of RAID, LVM or the like): what is written to it while it is "
		"packed may leave the image damaged",
		o->disk);
	o->note(o->data, text);
}

static int open_raw(const char *path, struct pack_source *disk, struct err *err)
{
	off_t end;

	disk->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a FIFO must not block */
	if (disk->fd < 0 || fstat(disk->fd, &disk->before) < 0)
		return err_sys(err, errno, "%s", path);
	if (!S_ISREG(disk->before.st_mode) && !S_ISBLK(disk->before.st_mode))
		return err_set(err, EINVAL, "%s: neither a file nor a block device", path);
	end = lseek(disk->fd, 0, SEEK_END);
	if (end < 0)
		return err_sys(err, errno, "%s: size", path);
	disk->size = (uint64_t)end;
	return 0;
}

static int open_converted(const struct pack_options *o, const struct outdir *out, struct pack_source *disk,
			  struct err *err)
{
	_cleanup_free_ char *raw = path_join(outdir_path(out), OUTDIR_SCRATCH);
	const struct qcow2_stop stop = {o->cancelled, o->data};
	int r;

	close(TAKE_FD(disk->fd));
	if (o->note)
		o->note(o->data, "converting from qcow2");
	if (qcow2_convert(o->disk, raw, &stop, err) < 0)
		return err_prepend(err, "%s", o->disk);
	r = open_raw(raw, disk, err);
	if (unlinkat(outdir_fd(out), OUTDIR_SCRATCH, 0) < 0 && r == 0)
		r = err_sys(err, errno, "%s", raw);
	if (r == 0 && fstat(disk->fd, &disk->before) < 0)
		r = err_sys(err, errno, "%s", raw); /* again: unlinking changed its times */
	return r;
}

static int look_at(const struct pack_options *o, struct pack_source *disk, struct err *err)
{
	int r;

	disk->block = o->logical_block_size;
	if (!disk->block && (r = gpt_block_size(disk->fd, &disk->block, err)) < 0)
		return r;
	if (!image_size_valid(disk->size, o->any_block_size ? 4096 : disk->block))
		return err_set(err, EINVAL,
			       "%" PRIu64 " bytes are not a disk of whole blocks of %" PRIu32
			       " bytes, 68 of them at least and 16 TiB at most",
			       disk->size, o->any_block_size ? 4096 : disk->block);
	if ((r = gpt_find_esp(disk->fd, disk->block, o->boots_uefi, disk->esp, err)) < 0)
		return r;
	return o->any_block_size ? suits_any_block(disk->fd, disk->block, disk->size, err) : 0;
}

/* Where no partition table is needed, anything would do as a raw disk: the file that a disk is packed up in too. */
static int detect(const struct pack_source *disk, enum content *ret, struct err *err)
{
	uint8_t head[CONTENT_HEAD];
	size_t n = disk->size < CONTENT_HEAD ? (size_t)disk->size : CONTENT_HEAD;
	int r;

	if ((r = pread_full(disk->fd, head, n, 0, err)) < 0 || (r = content_detect(head, n, ret, err)) < 0)
		return r;
	if (*ret > CONTENT_QCOW2)
		return err_set(err, ENOTSUP,
			       "this is compressed with %s: remint image import takes it as it is",
			       content_name(*ret));
	return content_check_tail(disk->fd, disk->size, err);
}

/* Opened once; all that follows reads through this descriptor. */
int pack_disk_open(const struct pack_options *o, const struct outdir *out, struct pack_source *disk,
		   struct err *err)
{
	enum content content;
	int r;

	if ((r = open_raw(o->disk, disk, err)) < 0)
		return r;
	if (S_ISBLK(disk->before.st_mode))
		note_in_use(o);
	if (detect(disk, &content, err) < 0)
		return err_prepend(err, "%s", o->disk);
	if (content == CONTENT_QCOW2 && (r = open_converted(o, out, disk, err)) < 0)
		return r;
	if (look_at(o, disk, err) < 0)
		return err_prepend(err, "%s", o->disk);
	return 0;
}

/*
 * What could not be written to a file, by whoever made it, is read as something else once its pages are gone. The kernel tells of it once,
 * and here without a flush: of an import's own file too, which nobody flushes.
 */
static int check_written(const struct pack_options *o, int fd, struct err *err)
{
	if (sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE) < 0 && errno != ENOSYS)
		return err_sys(err, errno, "%s: not all that was written to it is on the disk: make it anew",
			       o->disk);
	return 0;
}

int pack_disk_unchanged(const struct pack_options *o, const struct pack_source *disk, struct err *err)
{
	struct stat now;

	if (fstat(disk->fd, &now) < 0)
		return err_sys(err, errno, "%s", o->disk);
	if (S_ISREG(now.st_mode) &&
	    (now.st_size != disk->before.st_size || now.st_mtim.tv_sec != disk->before.st_mtim.tv_sec ||
	     now.st_mtim.tv_nsec != disk->before.st_mtim.tv_nsec))
		return err_set(err, EBUSY, "%s: was written to while it was packed: stop what uses it",
			       o->disk);
	return S_ISREG(now.st_mode) ? check_written(o, disk->fd, err) : 0;
}
