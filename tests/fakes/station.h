/* SPDX-License-Identifier: Apache-2.0 */
/* A station of a few lines: a real HTTP server on loopback whose answers a test gives. */
#ifndef TESTS_FAKES_STATION_H
#define TESTS_FAKES_STATION_H

#include <stddef.h>

struct fake_request {
	const char *method, *path;
	const char *token; /* of "Authorization: Bearer"; "" without */
	const char *body;  /* NUL-terminated */
	size_t len;
};

struct fake_answer {
	unsigned status;
	char *body; /* malloc'd, or NULL for none */
	size_t len; /* 0: strlen(body) */
};

/* Called in the server's thread, one call at a time. */
typedef struct fake_answer (*fake_handler)(void *data, const struct fake_request *request);

struct fake_station;
/* Port 0: any. Aborts the test when it cannot listen. */
struct fake_station *fake_station_start(unsigned port, fake_handler handler, void *data);
void fake_station_stop(struct fake_station *station);
unsigned fake_station_port(const struct fake_station *station);
const char *fake_station_url(const struct fake_station *station); /* "http://127.0.0.1:PORT" */

struct fake_answer fake_text(unsigned status, const char *text); /* copies */

#endif
