/* SPDX-License-Identifier: Apache-2.0 */
/* The worker: one boot's work, from the drivers to the outcome. A child of PID 1. */
#ifndef AGENT_WORKER_H
#define AGENT_WORKER_H

/* Beats on beat_fd; returns an enum worker_exit, or another number above 0 after a failure. */
int worker_run(int beat_fd);

#endif
