/* SPDX-License-Identifier: Apache-2.0 */
/* Work on all chunks of an image by several threads, each with a context of its own (a lane). */
#ifndef IMAGES_LANES_H
#define IMAGES_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct lanes;

/*
 * Runs lane() in each of `threads` threads (0: one for each CPU that the process may use) until all have returned. The first
 * failure ends the hand-out of chunks and is what is returned.
 */
int lanes_run(unsigned threads, uint32_t n_chunks,
	      int (*lane)(struct lanes *lanes, void *data, struct err *err), void *data,
	      struct err *err) _must_check_;

/* The next chunk, in rising order; false when there is none, or another lane has failed. */
bool lanes_next(struct lanes *lanes, uint32_t *ret_i);

/* How many lanes lanes_run() makes of a number of threads. */
unsigned lanes_count(unsigned threads, uint32_t n_chunks);

/* A lane's buffer of len bytes; free() it. -ENOMEM says what to do. */
int lane_buffer(size_t len, uint8_t **ret, struct err *err) _must_check_;

#endif
