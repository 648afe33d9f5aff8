/* SPDX-License-Identifier: Apache-2.0 */
/* What whoever has a child process needs, whatever the child is for: lines between the two, and an end that is waited for, but not for ever. */
#ifndef CORE_CHILD_H
#define CORE_CHILD_H

#include <jansson.h>
#include <sys/types.h>

#include "core/cleanup.h"

/* Writes one JSON document and a newline to a socket; takes the reference. Between fork and _exit too. -ENOMEM also for NULL; -EPIPE: the other one is gone. */
int child_tell(int fd, json_t *line) _must_check_;
/* Reaps a child within wait_s seconds; *ret_status is waitpid's. -ETIMEDOUT: it is still there, and one that is stuck in the kernel may stay. */
int child_reap(pid_t pid, unsigned wait_s, int *ret_status) _must_check_;

#endif
