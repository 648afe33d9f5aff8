/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing plain chunks, several at once: by io_uring, or where the kernel has none, by threads that call pwrite(2). One interface, two
 * files behind it.
 */
#ifndef AGENT_PIPELINE_WRITER_H
#define AGENT_PIPELINE_WRITER_H

#include "agent/pipeline/pool.h"

struct writer_options {
	const struct pipeline_target *targets;
	unsigned n_targets;
	struct pool *pool; /* bounds what is under way: a buffer is at most once under way to a target */
	/* From a thread of the writer's; code: 0, or the positive errno of what was not written. */
	void (*done)(void *data, struct plain *plain, unsigned target, int code);
	void *data;
};

struct writer {
	const struct writer_kind *kind;
	struct writer_options options;
};

struct writer_kind {
	const char *name;
	int (*make)(const struct writer_options *options, struct writer **ret, struct err *err);
	void (*submit)(struct writer *writer, struct plain *plain, unsigned target);
	void (*free)(struct writer *writer);
};
extern const struct writer_kind writer_uring, writer_pwrite;

/* io_uring when the kernel gives it; *ret_why is filled when it does not ("" otherwise). */
int writer_new(const struct writer_options *options, struct writer **ret, struct err *ret_why,
	       struct err *err) _must_check_;
/* Starts writing plain->len bytes to plain->offset; hardly waits. options.done is called once for it. */
void writer_submit(struct writer *writer, struct plain *plain, unsigned target);
/* Waits for all that is under way. NULL is fine. */
void writer_free(struct writer *writer);

/* For tests: as if the kernel had no io_uring. Before any run. */
void writer_without_uring(bool without);

#endif
