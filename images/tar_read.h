/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a plain tar archive as it comes, by libarchive. What an entry may be is the caller's to judge. */
#ifndef IMAGES_TAR_READ_H
#define IMAGES_TAR_READ_H

#include <archive.h>
#include <archive_entry.h>
#include <sys/types.h>

#include "core/err.h"

struct tar_source {
	/* The archive's next bytes, valid until the next call; 0 at its end; negative errno. */
	ssize_t (*read)(void *data, const void **ret);
	void *data;
};

/* The source outlives it. */
int tar_read_open(const struct tar_source *source, struct archive **ret, struct err *err) _must_check_;
/* The next entry, valid until the next call; NULL at the archive's end. -ECANCELED: the source said so. */
int tar_read_next(struct archive *archive, struct archive_entry **ret, struct err *err) _must_check_;
/* What libarchive says, as an error: for those who read an entry's data. */
int tar_read_failed(struct archive *archive, struct err *err) _must_check_;
void tar_read_close(struct archive *archive);
DEFINE_CLEANUP(struct archive *, tar_read_close);

#endif
