/* SPDX-License-Identifier: Apache-2.0 */
/* A disk into a payload and its index: chunks compressed side by side, written in order. */
#ifndef IMAGES_COMPRESS_H
#define IMAGES_COMPRESS_H

#include <stdint.h>

#include "core/err.h"
#include "images/index.h"

struct compress_options {
	int disk_fd;      /* a file or a block device, read with pread() and SEEK_DATA alone */
	uint64_t size;    /* bytes of the disk */
	int payload_fd;   /* empty, written from its start; not flushed */
	int level;        /* of zstd, 1 to 19 */
	unsigned threads; /* 0: one for each CPU that the process may use */
	/* Called in order with bytes of the disk, by one thread at a time; may be NULL. */
	void (*progress)(void *data, uint64_t done, uint64_t total);
	void *data;
};

/* The same disk, level and zstd give the same bytes, whatever the number of threads. */
int compress_disk(const struct compress_options *options, struct index **ret, struct err *err) _must_check_;

#endif
