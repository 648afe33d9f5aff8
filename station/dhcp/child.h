/* SPDX-License-Identifier: Apache-2.0 */
/* dnsmasq as a process. */
#ifndef STATION_DHCP_CHILD_H
#define STATION_DHCP_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/err.h"

#define DHCP_NO_PROGRAM 127 /* the exit status when dnsmasq is not installed */

struct dhcp_child {
	pid_t pid; /* 0: none */
	int fd;    /* pidfd: readable once it has ended */
};

/*
 * Starts dnsmasq in the folder, with its messages on our standard error; only_test: it checks its configuration and ends. The kernel kills it when the calling thread
 * ends.
 */
int dhcp_child_start(int folder, bool only_test, struct dhcp_child *ret, struct err *err) _must_check_;

/* Waits for its end for at most timeout_ms, -1: for ever. 1: it has ended, *ret_status is waitpid(2)'s, and *child is empty; 0: it runs. */
int dhcp_child_wait(struct dhcp_child *child, int timeout_ms, int *ret_status);

/* Asks it to end, then kills it. */
void dhcp_child_end(struct dhcp_child *child);

#endif
