/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a boot image in memory, and the archive of them: cpio in the "newc" form that the kernel unpacks as
 * initramfs. Equal contents give equal bytes: owner 0:0, one time for all, names sorted, inodes counted from 1.
 */
#ifndef IMAGES_BOOT_TREE_H
#define IMAGES_BOOT_TREE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "core/err.h"

#define TREE_FILE_MAX (64u << 20) /* bytes of one file */

struct tree_file {
	char *path;  /* absolute in the image, normal form: no "//", "." or "..", no '/' at the end */
	mode_t mode; /* type (S_IFREG, S_IFDIR, S_IFLNK, S_IFCHR, S_IFBLK) and permissions */
	char *data;  /* bytes of the file, or target of the link; owned */
	size_t len;  /* bytes */
	unsigned major, minor; /* of a device node */
};

struct tree {
	struct tree_file *files;
	size_t n;
};

/* Takes a copy of path, and `data` over, also on failure. -EINVAL: not an absolute path in normal form. */
int tree_add(struct tree *tree, const char *path, mode_t mode, char *data, size_t len,
	     struct err *err) _must_check_;
int tree_add_node(struct tree *tree, const char *path, mode_t mode, unsigned major, unsigned minor,
		  struct err *err) _must_check_;
/* A file of this machine, at most TREE_FILE_MAX bytes. */
int tree_add_file(struct tree *tree, const char *path, mode_t mode, const char *source,
		  struct err *err) _must_check_;

/* NULL when there is none. Borrowed; valid until the next addition. */
const struct tree_file *tree_find(const struct tree *tree, const char *path);

/* Adds the folders (0755) that files lie in, and sorts. -EEXIST: a path stands there twice. */
int tree_finish(struct tree *tree, struct err *err) _must_check_;

/* The archive of a finished tree, malloc'd, its length a multiple of 4. mtime in seconds since the epoch. */
int tree_cpio(const struct tree *tree, time_t mtime, char **ret, size_t *ret_len,
	      struct err *err) _must_check_;

void tree_clear(struct tree *tree);

#endif
