/* SPDX-License-Identifier: Apache-2.0 */
/* The archive of a tree, by libarchive. The kernel's reader: init/initramfs.c, Documentation/driver-api/early-userspace/
 * buffer-format.rst: an archive begins at a multiple of 4 bytes, and zeros between two archives are skipped. */
#include <archive.h>
#include <archive_entry.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "images/boot/tree.h"

DEFINE_CLEANUP(struct archive *, archive_write_free);
DEFINE_CLEANUP(struct archive_entry *, archive_entry_free);

struct growing {
	char *data;
	size_t len, room;
};

static ssize_t on_write(struct archive *a, void *data, const void *buf, size_t len)
{
	struct growing *out = data;

	if (out->room - out->len < len) {
		size_t room = (out->len + len) * 2;
		char *grown = realloc(out->data, room);

		if (!grown) {
			archive_set_error(a, ENOMEM, "out of memory");
			return -1;
		}
		out->data = grown;
		out->room = room;
	}
	memcpy(out->data + out->len, buf, len);
	out->len += len;
	return (ssize_t)len;
}

static int failed(struct archive *a, const char *path, struct err *err)
{
	int code = archive_errno(a);

	return err_set(err, code > 0 ? code : EIO, "%s: %s", path, archive_error_string(a));
}

/* Links count 1 everywhere: the kernel takes a higher count for hard links. */
static int write_one(struct archive *a, const struct tree_file *file, int64_t inode, time_t mtime,
		     struct err *err)
{
	_cleanup_(archive_entry_freep) struct archive_entry *entry = archive_entry_new();
	const char *name = file->path + 1;

	if (!entry)
		abort();
	archive_entry_set_pathname(entry, name);
	archive_entry_set_mode(entry, file->mode);
	archive_entry_set_ino64(entry, inode);
	archive_entry_set_nlink(entry, 1);
	archive_entry_set_mtime(entry, mtime, 0);
	archive_entry_set_size(entry, S_ISREG(file->mode) ? (int64_t)file->len : 0);
	if (S_ISLNK(file->mode))
		archive_entry_set_symlink(entry, file->data);
	if (S_ISCHR(file->mode) || S_ISBLK(file->mode)) {
		archive_entry_set_rdevmajor(entry, file->major);
		archive_entry_set_rdevminor(entry, file->minor);
	}
	if (archive_write_header(a, entry) != ARCHIVE_OK)
		return failed(a, name, err);
	if (S_ISREG(file->mode) && archive_write_data(a, file->data, file->len) != (ssize_t)file->len)
		return failed(a, name, err);
	return 0;
}

static int write_all(struct archive *a, const struct tree *tree, time_t mtime, struct growing *out,
		     struct err *err)
{
	if (archive_write_set_format_cpio_newc(a) != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(a, 0) != ARCHIVE_OK ||
	    archive_write_open(a, out, NULL, on_write, NULL) != ARCHIVE_OK)
		return failed(a, "cpio", err);
	for (size_t i = 0; i < tree->n; i++) {
		int r = write_one(a, &tree->files[i], (int64_t)i + 1, mtime, err);

		if (r < 0)
			return r;
	}
	return archive_write_close(a) == ARCHIVE_OK ? 0 : failed(a, "cpio", err);
}

int tree_cpio(const struct tree *tree, time_t mtime, char **ret, size_t *ret_len, struct err *err)
{
	_cleanup_(archive_write_freep) struct archive *a = archive_write_new();
	struct growing out = {0};
	static const char zeros[4];
	int r;

	if (!a)
		abort();
	r = write_all(a, tree, mtime, &out, err);
	if (r == 0 && out.len % 4 && on_write(a, &out, zeros, 4 - out.len % 4) < 0)
		r = err_set(err, ENOMEM, "out of memory");
	if (r < 0) {
		free(out.data);
		return r;
	}
	*ret = out.data;
	*ret_len = out.len;
	return 0;
}
