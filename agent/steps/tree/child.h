/* SPDX-License-Identifier: Apache-2.0 */
/* A program of the boot image as a child: no shell, a fixed environment, what it says goes into the log, an end in any case. */
#ifndef AGENT_STEPS_TREE_CHILD_H
#define AGENT_STEPS_TREE_CHILD_H

#include <stdbool.h>

#include "core/err.h"

/* Is there such a program in the system's folders? -ENOENT. */
int root_child_find(const char *program, struct err *err) _must_check_;
/*
 * Runs it with these arguments, the first of which is its name, and waits. `cancelled` is asked several times a second; it or limit_s
 * seconds end it by SIGKILL: -ECANCELED, -ETIME. Any end but exit status 0 is -EIO, with the last line that the program wrote.
 */
int root_child_run(const char *const *arguments, unsigned limit_s, bool (*cancelled)(void *data), void *data,
		   struct err *err) _must_check_;

#endif
