/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP/1.1 server on loopback that serves one buffer by ranges, and can be told to misbehave. A connection a request. */
#ifndef TESTS_FAKES_RANGE_SERVER_H
#define TESTS_FAKES_RANGE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct range_server_faults {
	unsigned cut;          /* so many answers end in the middle */
	unsigned refuse;       /* so many connections are closed without an answer */
	unsigned ignore_range; /* so many answers are 200 and the whole */
	unsigned corrupt;      /* so many answers that contain byte corrupt_at have it flipped */
	size_t corrupt_at;
	unsigned missing;    /* so many answers are 404 */
	unsigned stall;      /* so many answers fall silent in the middle */
	unsigned shorten;    /* so many answers say and have half the bytes, and end in order */
	unsigned shift;      /* so many answers are the range after the one that was asked for */
	size_t corrupt_step; /* every answer has each so-manyth byte of the buffer flipped */
	size_t drip;         /* every answer comes at so many bytes each ten milliseconds */
};

struct range_server;
struct range_server *range_server_start(const void *buf, size_t len,
					const struct range_server_faults *faults);
void range_server_stop(struct range_server *server);

const char *range_server_url(const struct range_server *server);
unsigned range_server_requests(struct range_server *server);

#endif
