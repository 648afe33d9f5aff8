/* SPDX-License-Identifier: Apache-2.0 */
#include "images/tar_read.h"

#include <stdbool.h>
#include <string.h>

static ssize_t on_read(struct archive *a, void *data, const void **buf)
{
	const struct tar_source *source = data;
	ssize_t n = source->read(source->data, buf);

	if (n >= 0)
		return n;
	archive_set_error(a, (int)-n, "%s", strerrordesc_np((int)-n));
	return -1;
}

int tar_read_failed(struct archive *a, struct err *err)
{
	const char *why = archive_error_string(a);

	/* What feeds the archive was cut off. */
	if (archive_errno(a) == ECANCELED)
		return err_set(err, ECANCELED, "cancelled");
	return err_set(err, EBADMSG, "the archive is damaged: %s", why ? why : "unknown");
}

int tar_read_open(const struct tar_source *source, struct archive **ret, struct err *err)
{
	_cleanup_(tar_read_closep) struct archive *a = archive_read_new();

	if (!a)
		return err_set(err, ENOMEM, "no memory for libarchive");
	if (archive_read_support_format_tar(a) != ARCHIVE_OK ||
	    archive_read_open(a, (void *)source, NULL, on_read, NULL) != ARCHIVE_OK)
		return tar_read_failed(a, err);
	*ret = TAKE_PTR(a);
	return 0;
}

/*
 * Without a locale libarchive cannot turn a UTF-8 name into the process's characters, says so, and gives the name's bytes as they are:
 * that is what is wanted. Any other warning means that something of the entry is lost.
 */
static bool is_harmless(int r, struct archive *a)
{
	const char *why = archive_error_string(a);

	return r == ARCHIVE_WARN && why && strstr(why, "can't be converted from UTF-8");
}

int tar_read_next(struct archive *a, struct archive_entry **ret, struct err *err)
{
	struct archive_entry *entry = NULL;
	int r = archive_read_next_header(a, &entry);

	if (r != ARCHIVE_EOF && r != ARCHIVE_OK && !is_harmless(r, a))
		return tar_read_failed(a, err);
	*ret = r == ARCHIVE_EOF ? NULL : entry;
	return 0;
}

void tar_read_close(struct archive *a)
{
	if (a)
		archive_read_free(a);
}
