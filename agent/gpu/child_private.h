/* SPDX-License-Identifier: Apache-2.0 */
/* Between the two sides of a child. */
#ifndef AGENT_GPU_CHILD_PRIVATE_H
#define AGENT_GPU_CHILD_PRIVATE_H

#include <sys/types.h>

#include "agent/gpu/child.h"

/* Forks. *ret_fd is the parent's end of a socket, closed by the caller. */
int gpu_child_start(const struct gpu_task *task, pid_t *ret_pid, int *ret_fd, struct err *err) _must_check_;

#endif
