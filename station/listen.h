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

/* text: "192.0.2.1:8080", "[2001:db8::1]:8080", port 0 for any. -EINVAL: not of that form. */
int listen_open(const char *text, struct listening *ret, struct err *err) _must_check_;

#endif
