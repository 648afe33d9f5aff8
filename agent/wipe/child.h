/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child process of one drive, and the lines (JSON, one a line) that it exchanges with its parent over a socket pair:
 *   child:  {"progress":[done,total,patience]}   {"begin":"<method>","unit":i,"key":"<hex>","marked":false}   {"result":{...},"unit":i}
 *   parent: "g", once the journal has acknowledged what was to begin
 * One result for each unit, in their order; then the child leaves.
 */
#ifndef AGENT_WIPE_CHILD_H
#define AGENT_WIPE_CHILD_H

#include <sys/types.h>

#include "agent/wipe/drive.h"

#define WIPE_LINE_MAX (256 * 1024) /* bytes of a line, its newline included */

/* Forks. *ret_fd is the parent's end, non-blocking for reading by MSG_DONTWAIT, closed by the caller. */
int wipe_child_start(struct wipe_drive *drive, pid_t *ret_pid, int *ret_fd, struct err *err) _must_check_;
/* Tells the child to go on; an error when it is gone. */
int wipe_child_go(int fd, struct err *err) _must_check_;
/* Kills (when `kill_it`) and reaps the child, waiting at most wait_s seconds: one stuck in the kernel cannot be reaped. *ret_status is
 * waitpid's; -ETIMEDOUT when it is left behind. */
int wipe_child_end(pid_t pid, bool kill_it, unsigned wait_s, int *ret_status) _must_check_;

#endif
