/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder of a packed image, which appears whole or not at all: it is filled as DIR.partial, flushed, and renamed. A second
 * process that packs into the same folder is refused; what an interrupted one left is removed.
 */
#ifndef IMAGES_OUTDIR_H
#define IMAGES_OUTDIR_H

#include <stdbool.h>

#include "core/err.h"

#define OUTDIR_INDEX   "index.bin"
#define OUTDIR_PAYLOAD "payload.zst"
#define OUTDIR_KERNEL  "vmlinuz"
#define OUTDIR_INITRD  "initrd.img"
#define OUTDIR_SCRATCH "disk.raw" /* a converted disk; unlinked as soon as it is open */

/* Whose a file of that name is. */
enum outdir_name {
	OUTDIR_NAME_OTHER,
	OUTDIR_NAME_IMAGE,
	OUTDIR_NAME_KEXEC,   /* boot folders have such a file too: an image's only beside OUTDIR_NAME_IMAGE */
	OUTDIR_NAME_SCRATCH, /* what is not finished */
};
enum outdir_name outdir_name(const char *name);

struct outdir;

/* Would outdir_begin() take it? Changes nothing. */
int outdir_check(const char *dir, bool force, struct err *err) _must_check_;
/* -EEXIST when dir exists and not `force`; with it, dir must hold nothing but an image's files (else -ENOTEMPTY). */
int outdir_begin(const char *dir, bool force, struct outdir **ret, struct err *err) _must_check_;
/* The same, but the payload that an interrupted one left stays: for who checks each frame of it. */
int outdir_begin_again(const char *dir, bool force, struct outdir **ret, struct err *err) _must_check_;
/* Descriptor and path of the folder being filled; they stay the outdir's. */
int outdir_fd(const struct outdir *out);
const char *outdir_path(const struct outdir *out);
/* A new, empty file in it, open for writing. */
int outdir_create(const struct outdir *out, const char *name, int *ret_fd, struct err *err) _must_check_;
/* A file that may be there already, open for reading and writing. */
int outdir_open(const struct outdir *out, const char *name, int *ret_fd, struct err *err) _must_check_;
/* Writes and flushes a whole file in it. */
int outdir_write(const struct outdir *out, const char *name, const void *buf, size_t len,
		 struct err *err) _must_check_;
/* Puts the folder in its place. Every file must have been flushed. */
int outdir_commit(struct outdir *out, struct err *err) _must_check_;
/* From here on outdir_free() leaves what has not been committed, for outdir_begin_again(). */
void outdir_keep(struct outdir *out);
/* Removes what has not been committed. */
void outdir_free(struct outdir *out);
DEFINE_CLEANUP(struct outdir *, outdir_free);

#endif
