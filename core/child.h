/* SPDX-License-Identifier: Apache-2.0 */
/* What whoever has a child process needs, whatever the child is for: lines between the two, and an end that is waited for, but not for ever. */
#ifndef CORE_CHILD_H
#define CORE_CHILD_H

#include <jansson.h>
#include <sys/types.h>

#include "core/cleanup.h"
#include "core/err.h"

/*
 * Between fork and exec: the child goes with its parent, has no input, writes what it says to `out`, and takes signals as a program does that was just started. Nothing here
 * takes a lock; what cannot be had ends it with exit status 126. `parent`: getpid() before the fork.
 */
void child_settle(int out, pid_t parent);

/*
 * Forks, with a socket between the two: *ret_pid is 0 in the child, and *ret_fd the end of whoever looks at it, which is its own to close.
 */
int child_fork(pid_t *ret_pid, int *ret_fd, struct err *err) _must_check_;

/*
 * In a child that goes on in this program: closes what it has inherited but input, output and `fd`, and goes with its parent. A child that is left behind shall hold open no
 * drive and no connection of the parent's. Returns where fd is now; what cannot be had ends the child with exit status 126.
 */
int child_keep_only(int fd, pid_t parent);

/* Writes one JSON document and a newline to a socket; takes the reference. Between fork and _exit too. -ENOMEM also for NULL; -EPIPE: the other one is gone. */
int child_tell(int fd, json_t *line) _must_check_;
/* Reaps a child within wait_s seconds; *ret_status is waitpid's. -ETIMEDOUT: it is still there, and one that is stuck in the kernel may stay. */
int child_reap(pid_t pid, unsigned wait_s, int *ret_status) _must_check_;

#endif
