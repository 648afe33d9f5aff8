/* SPDX-License-Identifier: Apache-2.0 */
/* A disk or a stream into a payload and its index: chunks compressed side by side, written in order. */
#ifndef IMAGES_COMPRESS_H
#define IMAGES_COMPRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "images/index.h"

struct compress_options {
	/* Either a file or a block device, read with pread() and SEEK_DATA alone, */
	int disk_fd;
	uint64_t
		size; /* bytes of the disk; of a stream what `progress` is told as total: 0 if that is not known */
	/* or, when not NULL, a stream: fills buf, with fewer than len bytes at its end alone. Called by one thread at a time. */
	int (*read)(void *stream, void *buf, size_t len, size_t *ret_len, struct err *err);
	void *stream;

	const char *disk, *payload; /* what messages call them; disk: NULL with a stream */
	int payload_fd;             /* empty, written from its start; not flushed */
	int level;                  /* of zstd, 1 to 19 */
	unsigned threads;           /* 0: one for each CPU that the process may use */
	/* Called in order with plain bytes, by one thread at a time; may be NULL. */
	void (*progress)(void *data, uint64_t done, uint64_t total);
	bool (*cancelled)(void *data); /* asked before each chunk, from any thread; may be NULL */
	void *data;
};

/* The same bytes, level and zstd give the same payload, whatever the number of threads. An empty stream is -EINVAL. */
int compress_image(const struct compress_options *options, struct index **ret, struct err *err) _must_check_;

#endif
