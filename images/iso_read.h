/* SPDX-License-Identifier: Apache-2.0 */
/* One file in the root directory of an ISO 9660 volume, read without a mount: what is on the medium is nobody's in particular. */
#ifndef IMAGES_ISO_READ_H
#define IMAGES_ISO_READ_H

#include <stddef.h>

#include "core/err.h"

/*
 * fd: a block device or a file, from whose beginning on the volume lies. *ret is malloc'd, with a NUL behind its *ret_len bytes, at most
 * `limit` of them. -ENODEV: no ISO 9660 volume of that label; -ENOENT: it has no such file; -EBADMSG: the volume is damaged; -EFBIG.
 */
int iso_read_file(int fd, const char *label, const char *name, size_t limit, char **ret, size_t *ret_len,
		  struct err *err) _must_check_;

#endif
