/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a root file system in canonical order, from a folder or from a tar archive. What archives can be hostile with is refused
 * here: names that leave the tree, names twice, names below something that is no folder, links to nothing.
 */
#ifndef IMAGES_ROOTFS_H
#define IMAGES_ROOTFS_H

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/err.h"

#define ROOTFS_PATH_MAX    4000 /* bytes of a path */
#define ROOTFS_ENTRIES_MAX (4u << 20)

DEFINE_CLEANUP(struct archive *, archive_free);
DEFINE_CLEANUP(struct archive_entry *, archive_entry_free);

struct rootfs_entry {
	char *path;                 /* "usr/bin/sh"; "" is the root itself */
	mode_t mode;                /* type and permissions */
	uint64_t size;              /* bytes of a regular file */
	uint64_t dev, ino;          /* tree: what hard links have in common */
	char *target;               /* archive: of a hard link, until rootfs_finish() */
	struct archive_entry *meta; /* archive: all that it says; owned */
	uint64_t offset;            /* archive: of the data in the scratch file */
	uint32_t inode;             /* the entry that has the data and metadata: itself but for hard links */
	uint32_t first; /* the first name of that inode in canonical order; the others are hard links to it */
};

struct rootfs {
	char *name;   /* of the folder or archive, for errors */
	int fd;       /* the folder, or the scratch file with an archive's data */
	bool is_tree; /* a folder */
	bool plain; /* its archive has names and contents alone: owners 0:0, one mtime, modes 0755 and 0644, no ACLs and attributes */
	uint32_t n, capacity;
	struct rootfs_entry *entries; /* sorted by path, bytewise */
	uint64_t bytes;               /* of all regular files */
};

/* note(): what is left out (sockets, device nodes under /dev), for people; may be NULL. refuse: nothing is left out, it is an error. */
struct rootfs_notes {
	bool refuse;
	void (*note)(void *data, const char *text);
	bool (*cancelled)(void *data); /* asked while an archive is read; may be NULL */
	void *data;
};

int rootfs_from_tree(const char *dir, const struct rootfs_notes *notes, struct rootfs **ret,
		     struct err *err) _must_check_;
/* scratch_fd: an empty file, read and write; becomes the rootfs's. tar, plain or compressed by gzip, xz or zstd. */
int rootfs_from_tar(const char *path, int scratch_fd, const struct rootfs_notes *notes, struct rootfs **ret,
		    struct err *err) _must_check_;
void rootfs_free(struct rootfs *fs);
DEFINE_CLEANUP(struct rootfs *, rootfs_free);

/* "usr/bin/sh" or "/usr/bin/sh"; NULL: there is none. */
const struct rootfs_entry *rootfs_find(const struct rootfs *fs, const char *path);

/* ---- for those that fill it ---------------------------------------------------------------------- */

struct rootfs *rootfs_new(const char *name, bool is_tree);
/* A new entry at the end; *ret stays good until the next. path is copied. */
int rootfs_add(struct rootfs *fs, const char *path, mode_t mode, struct rootfs_entry **ret,
	       struct err *err) _must_check_;
/* Sorts, checks the names against one another and settles hard links. */
int rootfs_finish(struct rootfs *fs, struct err *err) _must_check_;

/* Things that are not packed, counted; rootfs_left_out() answers whether this one is not. -EINVAL: a device node elsewhere. */
struct rootfs_left {
	bool refuse;
	unsigned sockets, devices;
};
int rootfs_left_out(const char *path, mode_t mode, struct rootfs_left *left, bool *ret,
		    struct err *err) _must_check_;
void rootfs_tell_left(const struct rootfs_left *left, const struct rootfs_notes *notes);

#endif
