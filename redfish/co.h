/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Coroutines: a function on a stack of its own that can be left in its middle and gone on with later. No threads: one runs at a time,
 * and only until it yields.
 */
#ifndef REDFISH_CO_H
#define REDFISH_CO_H

#include <stdbool.h>

#include "core/err.h"

struct rf_co;

/* Runs nothing yet. */
int rf_co_new(void (*run)(void *data), void *data, struct rf_co **ret, struct err *err) _must_check_;
/* Of one that has ended, or never begun: what a function holds on its stack is not undone. */
void rf_co_free(struct rf_co *co);
DEFINE_CLEANUP(struct rf_co *, rf_co_free);

/* From outside: goes on until it yields or returns. True: it has returned. */
bool rf_co_resume(struct rf_co *co) _must_check_;
/* From inside: back to whoever has resumed it. */
void rf_co_yield(struct rf_co *co);

#endif
