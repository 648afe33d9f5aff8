/* SPDX-License-Identifier: Apache-2.0 */
/* The folders that a volume's files lie in, numbered as its path tables have them. Between images/iso.c and this. */
#ifndef IMAGES_ISO_TREE_H
#define IMAGES_ISO_TREE_H

#include "images/iso.h"

#define ISO_D_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_" /* ECMA-119, 7.4.1 */

struct iso_folder {
	char path[ISO_PATH_MAX]; /* "" the root, "EFI/BOOT" */
	unsigned parent;         /* index; the root is its own */
};

/* A name in a folder. */
struct iso_child {
	char name[ISO_PATH_MAX];
	int file, folder; /* index; -1: it is the other */
};

struct iso_tree {
	const struct iso_file *files; /* borrowed */
	unsigned n_files;
	struct iso_folder
		folders[ISO_FOLDERS_MAX]; /* the root first; breadth first and by name (ECMA-119, 6.9.1) */
	unsigned n_folders;
};

/* -EINVAL: a name that is not written, one that is there twice, or too many. */
int iso_tree_make(const struct iso_file *files, unsigned n, struct iso_tree *ret,
		  struct err *err) _must_check_;

/* What lies in a folder, sorted by name; how many. */
unsigned iso_tree_children(const struct iso_tree *tree, unsigned folder, struct iso_child ret[ISO_FILES_MAX]);

#endif
