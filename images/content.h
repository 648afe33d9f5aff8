/* SPDX-License-Identifier: Apache-2.0 */
/* What a file is by its first bytes; its name says nothing. */
#ifndef IMAGES_CONTENT_H
#define IMAGES_CONTENT_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define CONTENT_HEAD 512 /* bytes that content_detect() looks at */

enum content { CONTENT_RAW, CONTENT_QCOW2, CONTENT_GZIP, CONTENT_BZIP2, CONTENT_XZ, CONTENT_ZSTD };

/* head: the first CONTENT_HEAD bytes, or the whole of a shorter file. -ENOTSUP names a format that is not read (VMDK, VHD, ...). */
int content_detect(const void *head, size_t len, enum content *ret, struct err *err) _must_check_;

/* A VHD of fixed size is a raw disk with a footer: -ENOTSUP. */
int content_check_tail(int fd, uint64_t size, struct err *err) _must_check_;

/* "xz"; "raw" */
const char *content_name(enum content content);

/*
 * Does a qcow2 disk stand alone? One that names a backing file or an external data file would bring in other files of this
 * machine; -EINVAL. So is one larger than an image may be.
 */
int content_check_qcow2(const void *head, size_t len, struct err *err) _must_check_;

#endif
