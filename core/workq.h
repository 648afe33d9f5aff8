/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A work queue: a fixed number of threads run items in the order in which they were added. Adding blocks
 * while `depth` items wait (back-pressure). The first item that fails cancels the rest; its error is kept.
 */
#ifndef CORE_WORKQ_H
#define CORE_WORKQ_H

#include <stdbool.h>

#include "core/err.h"

struct workq;
typedef int (*workq_fn)(void *item, struct err *err);

/* threads 0: one for each CPU that the process may use. run() owns and frees the item; drop() frees an item
 * that is never run. */
int workq_new(unsigned threads, unsigned depth, workq_fn run, void (*drop)(void *item), struct workq **ret,
	      struct err *err) _must_check_;
/* -ECANCELED, and the item is dropped, once an item has failed or workq_cancel() was called. */
int workq_add(struct workq *q, void *item) _must_check_;
void workq_cancel(struct workq *q);
/* Waits for all items; returns the first failure. The queue is freed in any case. */
int workq_finish(struct workq *q, struct err *err) _must_check_;

#endif
