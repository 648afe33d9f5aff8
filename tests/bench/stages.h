/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of tests/bench/stages.c. */
#ifndef TESTS_BENCH_STAGES_H
#define TESTS_BENCH_STAGES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "images/image.h"

extern struct image image;
extern atomic_ullong bytes_done;

_Noreturn void die(const struct err *err);

struct spent {
	bool machine; /* count the whole machine's CPU */
	uint64_t begun;
	double cpu;
};

struct spent spent_begin(bool machine);
void spent_print(const struct spent *spent);

/* The pipeline's own writer, fed from buffers: every chunk of the image that is not zeros, and a flush. */
struct sink;
struct sink *sink_open(const char *device);
void *sink_fill(void *sink); /* for pthread_create() too */
void sink_close(struct sink *sink);

#endif
