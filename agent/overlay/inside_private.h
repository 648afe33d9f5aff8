/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of a service's first process. */
#ifndef AGENT_OVERLAY_INSIDE_PRIVATE_H
#define AGENT_OVERLAY_INSIDE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/err.h"

/* Starts the program in a session of its own, with standard output and error as ours and no other descriptor, without the privileges that no service needs.
 * notify: the path of the socket for $NOTIFY_SOCKET, or NULL. */
int inside_start(char *const *arguments, const char *notify, pid_t *ret, struct err *err) _must_check_;

#define NOTIFY_PATH_MAX 64
/* A datagram socket at this path, close-on-exec, non-blocking, that says who sends. */
int notify_open(const char *path, int *ret, struct err *err) _must_check_;
/* Takes all messages that have arrived; true when a process of our PID namespace has said READY=1. */
bool notify_take(int fd);
/* Does a message say so? Lines of NAME=VALUE, sd_notify(3). */
bool notify_says_ready(const char *message, size_t len);

#endif
