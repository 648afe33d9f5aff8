/* SPDX-License-Identifier: Apache-2.0 */
/* libarchive pushes, the compressor pulls: each read takes as many steps of writing as fill its buffer, and keeps what is too much. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "images/tar_entry.h"
#include "images/tarball.h"
#include "images/zeros.h"

#define PIECE      (256u * 1024) /* bytes of a file that are read at once */
#define HOLE       (64u * 1024)  /* as many zeros, at a multiple of it, are a hole */
#define SPARSE_MIN (1u << 20)    /* bytes of a file that is looked through for holes */

struct run {
	uint64_t offset, end; /* bytes of data between holes */
};

struct tarball {
	const struct rootfs *fs;
	time_t clamp;
	struct archive *archive, *disk;
	uint32_t next; /* entry */
	bool closed, dropped;

	/* the file that is being written */
	const struct rootfs_entry *file; /* NULL: none */
	int fd;                          /* of a folder's file */
	int data_fd;                     /* where the data are read: fd, or the scratch file */
	uint64_t base, at;               /* of the data in data_fd; how far it is written */
	struct stat before;
	struct run *runs; /* n_runs > 0: the file has holes */
	size_t n_runs, capacity, run;
	uint8_t *piece; /* PIECE bytes */

	/* the caller's buffer, and what did not fit */
	uint8_t *to;
	size_t room;
	uint8_t *rest;
	size_t rest_at, rest_len, rest_capacity;
};

static la_ssize_t take(struct archive *archive, void *data, const void *buf, size_t len)
{
	struct tarball *t = data;
	size_t fits = len < t->room ? len : t->room, more = len - fits;

	if (t->dropped) {
		archive_set_error(archive, ECANCELED, "given up");
		return -1;
	}
	memcpy(t->to, buf, fits);
	t->to += fits;
	t->room -= fits;
	if (more == 0)
		return (la_ssize_t)len;
	if (t->rest_len + more > t->rest_capacity) {
		size_t capacity = 2 * (t->rest_len + more);
		uint8_t *rest = realloc(t->rest, capacity);

		if (!rest) {
			archive_set_error(archive, ENOMEM, "no memory");
			return -1;
		}
		t->rest = rest;
		t->rest_capacity = capacity;
	}
	memcpy(t->rest + t->rest_len, (const uint8_t *)buf + fits, more);
	t->rest_len += more;
	return (la_ssize_t)len;
}

static int failed(const struct tarball *t, struct err *err)
{
	const char *why = archive_error_string(t->archive);

	return err_set(err, EIO, "%s", why ? why : "libarchive gave no reason");
}

/* ---- holes ------------------------------------------------------------------------------------------ */

static int add_run(struct tarball *t, uint64_t offset, uint64_t end, struct err *err)
{
	if (t->n_runs > 0 && t->runs[t->n_runs - 1].end == offset) {
		t->runs[t->n_runs - 1].end = end;
		return 0;
	}
	if (t->n_runs == t->capacity) {
		size_t capacity = t->capacity ? 2 * t->capacity : 64;
		struct run *runs = reallocarray(t->runs, capacity, sizeof(*runs));

		if (!runs)
			return err_set(err, ENOMEM, "no memory for a map of holes");
		t->runs = runs;
		t->capacity = capacity;
	}
	t->runs[t->n_runs++] = (struct run){offset, end};
	return 0;
}

/* The next place from `at` on that may hold data, a multiple of HOLE from the file's beginning. */
static uint64_t skip_hole(const struct tarball *t, uint64_t at, uint64_t size)
{
	off_t data = lseek(t->data_fd, (off_t)(t->base + at), SEEK_DATA);

	if (data < 0)
		return errno == ENXIO ? size : at;
	if ((uint64_t)data <= t->base + at)
		return at;
	at = ((uint64_t)data - t->base) / HOLE * HOLE;
	return at < size ? at : size;
}

/* Holes are where zeros are, however the file lies on its disk: a copy of it gives the same. */
static int map(struct tarball *t, uint64_t size, struct err *err)
{
	int r;

	t->n_runs = t->run = 0;
	if (size < SPARSE_MIN)
		return 0;
	for (uint64_t at = skip_hole(t, 0, size); at < size; at = skip_hole(t, at, size)) {
		size_t len = size - at < PIECE ? (size_t)(size - at) : PIECE;

		if ((r = pread_full(t->data_fd, t->piece, len, t->base + at, err)) < 0)
			return r;
		for (size_t i = 0; i < len; i += HOLE) {
			size_t n = len - i < HOLE ? len - i : HOLE;

			if (!zeros_only(t->piece + i, n) && (r = add_run(t, at + i, at + i + n, err)) < 0)
				return r;
		}
		at += len;
	}
	if (t->n_runs == 1 && t->runs[0].offset == 0 && t->runs[0].end == size)
		t->n_runs = 0; /* no holes */
	else if (t->n_runs == 0 || t->runs[t->n_runs - 1].end < size)
		return add_run(t, size, size, err); /* the end of the last hole */
	return 0;
}

/* ---- steps ------------------------------------------------------------------------------------------ */

static int open_file(struct tarball *t, const struct rootfs_entry *e, struct err *err)
{
	const struct rootfs_entry *inode = &t->fs->entries[e->inode];
	struct stat st;

	t->data_fd = t->fs->fd;
	t->base = inode->offset;
	t->at = 0;
	if (!t->fs->is_tree)
		return map(t, inode->size, err);
	t->fd = openat(t->fs->fd, e->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (t->fd < 0 || fstat(t->fd, &st) < 0)
		return err_sys(err, errno, "cannot be read");
	if (st.st_dev != t->before.st_dev || st.st_ino != t->before.st_ino)
		return err_set(err, EBUSY, "changed while it was packed: stop what uses the folder");
	t->data_fd = t->fd;
	t->base = 0;
	return map(t, inode->size, err);
}

static int close_file(struct tarball *t, struct err *err)
{
	const struct stat *a = &t->before;
	struct stat b;
	int r = 0;

	if (t->fs->is_tree &&
	    (fstat(t->fd, &b) < 0 || b.st_size != a->st_size || b.st_mtim.tv_sec != a->st_mtim.tv_sec ||
	     b.st_mtim.tv_nsec != a->st_mtim.tv_nsec))
		r = err_set(err, EBUSY, "was written to while it was packed: stop what uses the folder");
	close_fdp(&t->fd);
	t->fd = -EBADF;
	t->file = NULL;
	return r;
}

static int begin_entry(struct tarball *t, const struct rootfs_entry *e, struct err *err)
{
	_cleanup_(archive_entry_freep) struct archive_entry *entry = NULL;
	bool has_data = S_ISREG(e->mode) && &t->fs->entries[e->first] == e;
	int r;

	if ((r = tar_entry_new(t->fs, e, t->clamp, t->disk, &entry, &t->before, err)) < 0 ||
	    (has_data && (r = open_file(t, e, err)) < 0))
		return r;
	for (size_t i = 0; has_data && i < t->n_runs; i++)
		archive_entry_sparse_add_entry(entry, (int64_t)t->runs[i].offset,
					       (int64_t)(t->runs[i].end - t->runs[i].offset));
	if (archive_write_header(t->archive, entry) != ARCHIVE_OK)
		return failed(t, err);
	t->file = has_data ? e : NULL;
	return 0;
}

/* The writer wants the holes' bytes too, and leaves them out. */
static int give(struct tarball *t, const void *buf, size_t len, struct err *err)
{
	if (archive_write_data(t->archive, buf, len) != (la_ssize_t)len)
		return failed(t, err);
	t->at += len;
	return 0;
}

static int write_piece(struct tarball *t, struct err *err)
{
	static const uint8_t zeros[PIECE];
	uint64_t end = t->fs->entries[t->file->inode].size;
	bool hole = false;
	size_t len;
	int r;

	if (t->at == end)
		return close_file(t, err);
	while (t->run < t->n_runs && t->at >= t->runs[t->run].end)
		t->run++;
	if (t->run < t->n_runs) {
		hole = t->at < t->runs[t->run].offset;
		end = hole ? t->runs[t->run].offset : t->runs[t->run].end;
	}
	len = end - t->at < PIECE ? (size_t)(end - t->at) : PIECE;
	if (hole)
		return give(t, zeros, len, err);
	if ((r = pread_full(t->data_fd, t->piece, len, t->base + t->at, err)) < 0)
		return r;
	return give(t, t->piece, len, err);
}

static int step(struct tarball *t, struct err *err)
{
	const struct rootfs_entry *e = t->file ? t->file : &t->fs->entries[t->next];
	int r;

	if (!t->file && t->next == t->fs->n) {
		t->closed = true;
		return archive_write_close(t->archive) == ARCHIVE_OK ? 0 : failed(t, err);
	}
	if (t->file) {
		r = write_piece(t, err);
	} else {
		t->next++;
		r = begin_entry(t, e, err);
	}
	return r < 0 ? err_prepend(err, "%s: /%s", t->fs->name, e->path) : 0;
}

int tarball_read(void *tarball, void *buf, size_t len, size_t *ret_len, struct err *err)
{
	struct tarball *t = tarball;
	size_t kept = t->rest_len - t->rest_at, n = kept < len ? kept : len;
	int r;

	if (n > 0)
		memcpy(buf, t->rest + t->rest_at, n);
	t->rest_at += n;
	if (t->rest_at == t->rest_len)
		t->rest_at = t->rest_len = 0;
	t->to = (uint8_t *)buf + n;
	t->room = len - n;
	while (t->room > 0 && !t->closed)
		if ((r = step(t, err)) < 0)
			return r;
	*ret_len = len - t->room;
	return 0;
}

/* ---- life ------------------------------------------------------------------------------------------- */

static int open_writer(struct tarball *t, struct err *err)
{
	t->archive = archive_write_new();
	t->disk = archive_read_disk_new();
	if (!t->archive || !t->disk)
		return err_set(err, ENOMEM, "no memory for libarchive");
	/* names are bytes; unbuffered: what is written comes at once and without padding */
	if (archive_write_set_format_pax(t->archive) != ARCHIVE_OK ||
	    archive_write_set_options(t->archive, "hdrcharset=BINARY,xattrheader=SCHILY") != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(t->archive, 0) != ARCHIVE_OK ||
	    archive_write_open(t->archive, t, NULL, take, NULL) != ARCHIVE_OK)
		return failed(t, err);
	if (archive_read_disk_set_symlink_physical(t->disk) != ARCHIVE_OK ||
	    archive_read_disk_set_behavior(t->disk, ARCHIVE_READDISK_NO_FFLAGS |
							    ARCHIVE_READDISK_NO_SPARSE) != ARCHIVE_OK)
		return err_set(err, EIO, "libarchive: %s", archive_error_string(t->disk));
	return 0;
}

int tarball_new(const struct rootfs *fs, time_t clamp, struct tarball **ret, struct err *err)
{
	_cleanup_(tarball_freep) struct tarball *t = xcalloc(1, sizeof(*t));
	int r;

	t->fs = fs;
	t->clamp = clamp;
	t->fd = -EBADF;
	t->piece = xcalloc(1, PIECE);
	if ((r = open_writer(t, err)) < 0)
		return r;
	*ret = TAKE_PTR(t);
	return 0;
}

void tarball_free(struct tarball *t)
{
	if (!t)
		return;
	t->dropped = true; /* freeing would go on writing */
	archive_free(t->archive);
	archive_free(t->disk);
	close_fdp(&t->fd);
	free(t->runs);
	free(t->piece);
	free(t->rest);
	free(t);
}

uint64_t tarball_estimate(const struct rootfs *fs)
{
	return fs->bytes + 1024 + (uint64_t)fs->n * 1280; /* headers, and half a block of padding */
}
