/* SPDX-License-Identifier: Apache-2.0 */
/* Where the station listens. */
#ifndef STATION_LISTEN_H
#define STATION_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct listening {
	char address[64]; /* numeric, without brackets */
	bool v6;
	uint16_t port; /* the one that was chosen, when 0 was asked for */
	int fd;        /* owned by the caller */
};

/*
 * Sockets that are accepted here queue no more than LISTEN_UNSENT bytes beyond what the client's window takes, and end when a client
 * takes nothing for idle_s seconds. Without the former a thousand downloads fill the kernel's memory for TCP, and then those
 * with the larger windows starve the others.
 */
#define LISTEN_UNSENT (64 * 1024)

/* text: "192.0.2.1:8080", "[2001:db8::1]:8080", port 0 for any. -EINVAL: not of that form. */
int listen_open(const char *text, unsigned idle_s, struct listening *ret, struct err *err) _must_check_;

#endif
