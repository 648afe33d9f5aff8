/* SPDX-License-Identifier: Apache-2.0 */
/* A tar archive: its entries in memory, its files' data in a scratch file, so that they can be written in another order. */
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "core/io.h"
#include "images/manifest.h"
#include "images/rootfs.h"

#define READ_SIZE (1u << 20) /* bytes read at once */
#define TAR_END   1024u      /* bytes: two blocks of zeros */
#define ALIGN     4096u      /* of a file's data in the scratch file, so that holes stay holes */

DEFINE_CLEANUP(gzFile, gzclose);

struct reader {
	struct archive *archive;
	const struct rootfs_notes *notes;
	gzFile in;      /* also of what is not gzip, which it gives as it is */
	uint8_t *buf;   /* READ_SIZE bytes */
	uint64_t zeros; /* with which ends what has been read */
	struct rootfs *fs;
	struct rootfs_left left;
	uint64_t end; /* of the scratch file, bytes */
};

static int failed(const struct reader *reader, struct err *err)
{
	const char *why = archive_error_string(reader->archive);

	if (archive_errno(reader->archive) == ECANCELED)
		return err_set(err, ECANCELED, "cancelled");
	return err_set(err, EBADMSG, "%s", why ? why : "not a tar archive");
}

/* "./usr//bin/" is "usr/bin"; NULL: it would leave the tree, or is none. */
static char *clean(const char *name)
{
	_cleanup_free_ char *path = xcalloc(1, strlen(name) + 2);
	size_t at = 0;

	if (name[0] == '/' || !name[0])
		return NULL;
	for (const char *p = name; *p;) {
		size_t len = strcspn(p, "/");

		if (len > 255 || (len == 2 && !memcmp(p, "..", 2)))
			return NULL;
		if (len > 0 && !(len == 1 && p[0] == '.')) {
			if (at > 0)
				path[at++] = '/';
			memcpy(path + at, p, len);
			at += len;
		}
		p += len;
		p += strspn(p, "/");
	}
	return TAKE_PTR(path);
}

static int copy_data(struct reader *reader, struct rootfs_entry *e, struct err *err)
{
	const void *block;
	int64_t offset;
	size_t len;
	int r;

	while ((r = archive_read_data_block(reader->archive, &block, &len, &offset)) == ARCHIVE_OK) {
		if (offset < 0 || (uint64_t)offset > e->size || len > e->size - (uint64_t)offset)
			return err_set(err, EBADMSG, "more data than the %" PRIu64 " bytes announced",
				       e->size);
		if (pwrite_full(reader->fs->fd, block, len, e->offset + (uint64_t)offset, err) < 0)
			return err_prepend(err, "the temporary file beside the image");
	}
	return r == ARCHIVE_EOF ? 0 : failed(reader, err);
}

static int take_file(struct reader *reader, struct rootfs_entry *e, struct err *err)
{
	int64_t size = archive_entry_size(e->meta);
	int r;

	e->offset = reader->end;
	if (size < 0 || (uint64_t)size > IMAGE_SIZE_MAX - reader->end)
		return err_set(err, EFBIG, "the files have more than %llu bytes together", IMAGE_SIZE_MAX);
	e->size = (uint64_t)size;
	reader->end = (e->offset + e->size + ALIGN - 1) / ALIGN * ALIGN;
	if ((r = copy_data(reader, e, err)) < 0)
		return r;
	if (ftruncate(reader->fs->fd, (off_t)reader->end) < 0)
		return err_sys(err, errno, "the temporary file beside the image");
	return 0;
}

static int take_link(struct rootfs_entry *e, const char *target, struct err *err)
{
	e->target = clean(target);
	e->mode = S_IFREG | (e->mode & 07777);
	return e->target ? 0 : err_set(err, EBADMSG, "a hard link to \"%.200s\", outside the tree", target);
}

static bool is_known(mode_t mode)
{
	return S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode) || S_ISFIFO(mode);
}

static int take(struct reader *reader, struct archive_entry *meta, const char *path, struct err *err)
{
	const char *target = archive_entry_hardlink(meta);
	mode_t mode = archive_entry_mode(meta);
	struct rootfs_entry *e;
	bool leave;
	int r;

	if ((r = rootfs_left_out(path, mode, &reader->left, &leave, err)) < 0 || leave)
		return r;
	if (!target && !is_known(mode))
		return err_set(err, EBADMSG, "an entry of an unknown type");
	if ((r = rootfs_add(reader->fs, path, mode, &e, err)) < 0)
		return r;
	e->meta = archive_entry_clone(meta);
	if (!e->meta)
		return err_set(err, ENOMEM, "no memory for an entry");
	if (target)
		return take_link(e, target, err);
	return S_ISREG(mode) ? take_file(reader, e, err) : 0;
}

/* ARCHIVE_WARN of a name in UTF-8: in the locale C it is given as it stands, and that is what is wanted. */
static bool is_good(struct archive *archive, int r)
{
	const char *why = r == ARCHIVE_WARN ? archive_error_string(archive) : NULL;

	return r == ARCHIVE_OK || (why && strstr(why, "can't be converted from UTF-8"));
}

static int read_entries(struct reader *reader, struct err *err)
{
	struct archive_entry *meta;
	int r;

	while (is_good(reader->archive, r = archive_read_next_header(reader->archive, &meta))) {
		const char *name = archive_entry_pathname(meta);
		_cleanup_free_ char *path = name ? clean(name) : NULL;

		if (!path)
			return err_set(err, EBADMSG,
				       "\"%.200s\": a name that is absolute, has \"..\" or is too long",
				       name ? name : "");
		if (take(reader, meta, path, err) < 0)
			return err_prepend(err, "/%s", path);
	}
	return r == ARCHIVE_EOF ? rootfs_finish(reader->fs, err) : failed(reader, err);
}

static void count_zeros(struct reader *reader, size_t len)
{
	size_t n = 0;

	while (n < len && !reader->buf[len - 1 - n])
		n++;
	reader->zeros = n == len ? reader->zeros + n : n;
}

/* libarchive's own gzip lets a wrong CRC pass. */
static ssize_t on_read(struct archive *a, void *data, const void **ret)
{
	struct reader *reader = data;
	int n, code = Z_OK;

	if (reader->notes->cancelled && reader->notes->cancelled(reader->notes->data)) {
		archive_set_error(a, ECANCELED, "cancelled");
		return -1;
	}
	n = gzread(reader->in, reader->buf, READ_SIZE);
	*ret = reader->buf;
	if (n <= 0)
		(void)gzerror(reader->in, &code);
	if (code == Z_OK) {
		count_zeros(reader, (size_t)n);
		return n;
	}
	if (code == Z_ERRNO)
		archive_set_error(a, errno, "read: %s", strerror(errno));
	else
		archive_set_error(a, EBADMSG, "the gzip stream is %s",
				  code == Z_BUF_ERROR ? "cut short" : "damaged");
	return -1;
}

/*
 * Behind the last entry: gzip's CRC is at the very end, and so is what tells that no entries are missing, which libarchive does not ask for. xz and
 * zstd know themselves where they end.
 */
static int read_rest(struct reader *reader, struct err *err)
{
	const void *buf;
	ssize_t n;

	while ((n = on_read(reader->archive, reader, &buf)) > 0)
		;
	if (n < 0)
		return failed(reader, err);
	if (archive_filter_code(reader->archive, 0) == ARCHIVE_FILTER_NONE && reader->zeros < TAR_END)
		return err_set(err, EBADMSG, "the archive has no end: it is cut short");
	return 0;
}

static int open_archive(struct reader *reader, struct err *err)
{
	struct archive *a = reader->archive;

	if (archive_read_support_format_tar(a) < ARCHIVE_WARN ||
	    archive_read_support_filter_xz(a) < ARCHIVE_WARN ||
	    archive_read_support_filter_zstd(a) < ARCHIVE_WARN ||
	    archive_read_open(a, reader, NULL, on_read, NULL) != ARCHIVE_OK)
		return failed(reader, err);
	return 0;
}

/* libarchive translates names in UTF-8 into the thread's locale, and composes their accents on the way; not so in this one. */
static int read_archive(struct reader *reader, struct err *err)
{
	locale_t c = newlocale(LC_CTYPE_MASK, "C", (locale_t)0), before;
	int r;

	if (!c)
		return err_sys(err, errno, "the locale C");
	before = uselocale(c);
	r = open_archive(reader, err);
	if (r == 0)
		r = read_entries(reader, err);
	if (r == 0)
		r = read_rest(reader, err);
	uselocale(before);
	freelocale(c);
	return r;
}

int rootfs_from_tar(const char *path, int scratch_fd, const struct rootfs_notes *notes, struct rootfs **ret,
		    struct err *err)
{
	_cleanup_(archive_freep) struct archive *archive = archive_read_new();
	_cleanup_(rootfs_freep) struct rootfs *fs = rootfs_new(path, false);
	_cleanup_free_ uint8_t *buf = xcalloc(1, READ_SIZE);
	_cleanup_(gzclosep) gzFile in = gzopen(path, "re"); /* e: O_CLOEXEC */
	struct reader reader = {.archive = archive, .notes = notes, .in = in, .buf = buf, .fs = fs};

	fs->fd = scratch_fd;
	if (!in)
		return err_sys(err, errno, "%s", path);
	if (!archive)
		return err_set(err, ENOMEM, "no memory for libarchive");
	if (read_archive(&reader, err) < 0)
		return err_prepend(err, "%s", path);
	rootfs_tell_left(&reader.left, notes);
	*ret = TAKE_PTR(fs);
	return 0;
}
