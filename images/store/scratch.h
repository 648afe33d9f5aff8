/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sparse file of unknown size beside an image's folder: runs of zeros become holes, and it cannot fill the disk. It has no name, so that nothing
 * is left however the process ends.
 */
#ifndef IMAGES_STORE_SCRATCH_H
#define IMAGES_STORE_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct scratch;

/* In the folder that holds dir, which is made; limit: bytes that it may have. */
int scratch_new(const char *dir, uint64_t limit, struct scratch **ret, struct err *err) _must_check_;
/* In order. -EFBIG beyond the limit, -ENOSPC when little is left on the file system: both say so. */
int scratch_add(struct scratch *scratch, const void *buf, size_t len, struct err *err) _must_check_;
/* Gives it its size. */
int scratch_end(struct scratch *scratch, struct err *err) _must_check_;
int scratch_fd(const struct scratch *scratch);
/* By which this process and its children open it. */
const char *scratch_path(const struct scratch *scratch);
uint64_t scratch_size(const struct scratch *scratch);
/* Removes it. */
void scratch_free(struct scratch *scratch);
DEFINE_CLEANUP(struct scratch *, scratch_free);

#endif
