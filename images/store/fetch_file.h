/* SPDX-License-Identifier: Apache-2.0 */
/* One file that a manifest names, from a web server into a file: gone on with when the transfer breaks, and checked. */
#ifndef IMAGES_STORE_FETCH_FILE_H
#define IMAGES_STORE_FETCH_FILE_H

#include <stdbool.h>

#include "core/http.h"
#include "images/manifest.h"

/* How often something has been tried without bringing anything. */
struct fetch_patience {
	unsigned tries;
	void (*note)(void *data, const char *text); /* why it is tried again; may be NULL */
	void *data;
};

struct fetch_file {
	struct http *http;
	const char *url;
	const struct manifest_file *file;
	const char *path; /* of fd, for messages */
	int fd;           /* written from its beginning */
	struct fetch_patience patience;
	/* Bytes that have come; what is not 0 ends it. */
	int (*took)(void *data, size_t len, struct err *err);
	void *data;
};

/* -EBADMSG: what came is not the file, twice. Then, and after any other error, fd holds nothing of use. */
int fetch_file(const struct fetch_file *fetch, struct err *err) _must_check_;

/* May it be tried again after r, of which *err says why? Sleeps, longer each time; a signal ends that. */
bool fetch_again(struct fetch_patience *patience, int r, const struct err *err);

#endif
