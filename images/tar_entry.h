/* SPDX-License-Identifier: Apache-2.0 */
/* A file's metadata in canonical form, for tarball.c. */
#ifndef IMAGES_TAR_ENTRY_H
#define IMAGES_TAR_ENTRY_H

#include <sys/stat.h>
#include <time.h>

#include "images/rootfs.h"

/* disk: an archive_read_disk. Of a folder's file *ret_st is what was found; of an archive's it is left alone. */
int tar_entry_new(const struct rootfs *fs, const struct rootfs_entry *e, time_t clamp, struct archive *disk,
		  struct archive_entry **ret, struct stat *ret_st, struct err *err) _must_check_;

#endif
