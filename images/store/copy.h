/* SPDX-License-Identifier: Apache-2.0 */
/* Files' bytes: copying and comparing. */
#ifndef IMAGES_STORE_COPY_H
#define IMAGES_STORE_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct copy {
	int from, to;                  /* from their beginnings */
	uint64_t len;                  /* bytes */
	bool (*cancelled)(void *data); /* may be NULL */
	void *cancelled_data;
	void (*progress)(void *data, uint64_t done); /* may be NULL */
	void *data;
};

/* By the kernel where it can (a reflink on btrfs and xfs), else through memory. */
int copy_run(const struct copy *copy, struct err *err) _must_check_;

/* Are len bytes of fd those of the other file, or of body when that is not NULL? */
int copy_equal(int fd, int other, const void *body, uint64_t len, bool *ret, struct err *err) _must_check_;

#endif
