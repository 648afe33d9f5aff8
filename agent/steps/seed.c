/* SPDX-License-Identifier: Apache-2.0 */
/* libarchive's ISO 9660 writer, into memory: Rock Ridge for the names, Joliet because its label keeps lower case. */
#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "agent/hw/block/block.h"
#include "agent/steps/seed.h"
#include "agent/steps/seed_fat.h"
#include "core/io.h"

#define ISO_BLOCK 2048   /* bytes */
#define TEMPORARY "/tmp" /* where libarchive keeps the files' contents while it lays out the volume */

struct volume {
	uint8_t *buf;
	size_t len;
};

static void archive_write_freep(struct archive **a)
{
	if (*a)
		archive_write_free(*a);
}

static void entry_freep(struct archive_entry **entry)
{
	archive_entry_free(*entry);
}

static la_ssize_t on_bytes(struct archive *a, void *data, const void *buf, size_t len)
{
	struct volume *volume = data;

	if (len > SEED_SIZE - volume->len) {
		archive_set_error(a, EFBIG, "the volume would be larger than %u bytes", SEED_SIZE);
		return -1;
	}
	memcpy(volume->buf + volume->len, buf, len);
	volume->len += len;
	return (la_ssize_t)len;
}

static int failed(struct archive *a, const char *what, struct err *err)
{
	int code = archive_errno(a);

	return err_set(err, code > 0 ? code : EIO, "seed volume: %s: %s", what, archive_error_string(a));
}

static int add_file(struct archive *a, const struct seed_file *file, struct err *err)
{
	_cleanup_(entry_freep) struct archive_entry *entry = archive_entry_new();
	size_t len = strlen(file->text);

	archive_entry_set_pathname(entry, file->name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0400);
	archive_entry_set_size(entry, (la_int64_t)len);
	archive_entry_set_mtime(entry, time(NULL), 0);
	if (archive_write_header(a, entry) != ARCHIVE_OK ||
	    (len > 0 && archive_write_data(a, file->text, len) != (la_ssize_t)len))
		return failed(a, file->name, err);
	return 0;
}

static int write_volume(struct archive *a, const struct seed_file *files, unsigned n, struct volume *volume,
			struct err *err)
{
	int r;

	if (archive_write_set_format_iso9660(a) != ARCHIVE_OK ||
	    archive_write_set_options(
		    a, "iso9660:volume-id=cidata,iso9660:joliet,iso9660:rockridge=useful") != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(a, 1) != ARCHIVE_OK ||
	    archive_write_open(a, volume, NULL, on_bytes, NULL) != ARCHIVE_OK)
		return failed(a, "cannot be begun", err);
	for (unsigned i = 0; i < n; i++)
		if (files[i].text && (r = add_file(a, &files[i], err)) < 0)
			return r;
	if (archive_write_close(a) != ARCHIVE_OK)
		return failed(a, "cannot be finished", err);
	return 0;
}

static int make_iso(const struct seed_file *files, unsigned n, uint8_t *buf, struct err *err)
{
	_cleanup_(archive_write_freep) struct archive *a = archive_write_new();
	struct volume volume = {.buf = buf};
	int r;

	if (!a)
		return err_set(err, ENOMEM, "no memory for the seed volume");
	if ((r = make_dirs(TEMPORARY, 01777, err)) < 0)
		return r;
	return write_volume(a, files, n, &volume, err);
}

int seed_make(const struct seed_file *files, unsigned n, uint32_t logical_block_size, void **ret,
	      struct err *err)
{
	_cleanup_free_ void *buf = block_buffer(SEED_SIZE);
	int r;

	memset(buf, 0, SEED_SIZE);
	if (logical_block_size <= ISO_BLOCK)
		r = make_iso(files, n, buf, err);
	else
		r = seed_fat_fill(files, n, logical_block_size, buf, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(buf);
	return 0;
}
