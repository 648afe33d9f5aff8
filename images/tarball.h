/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A root file system as a tar archive (POSIX pax), made as it is read. The same files give the same bytes: names sorted, numeric owners,
 * no times but mtime, ACLs and extended attributes sorted, hard links to the first name, holes where 64 KiB are zeros.
 */
#ifndef IMAGES_TARBALL_H
#define IMAGES_TARBALL_H

#include <time.h>

#include "images/rootfs.h"

struct tarball;
/* fs stays the caller's. clamp: later mtimes become this; -1: all stay as they are. */
int tarball_new(const struct rootfs *fs, time_t clamp, struct tarball **ret, struct err *err) _must_check_;
/* For struct compress_options: fills buf; fewer than len bytes at the end alone. */
int tarball_read(void *tarball, void *buf, size_t len, size_t *ret_len, struct err *err) _must_check_;
void tarball_free(struct tarball *tarball);
DEFINE_CLEANUP(struct tarball *, tarball_free);

/* Bytes of the archive, about: for progress. */
uint64_t tarball_estimate(const struct rootfs *fs);

#endif
