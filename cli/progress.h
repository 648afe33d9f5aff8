/* SPDX-License-Identifier: Apache-2.0 */
/* A line of progress on standard error: written over on a terminal, else a line every 10 seconds. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what; /* "packing" */
	bool quiet, terminal, shown;
	uint64_t begun, next; /* monotonic, ns */
};

void progress_begin(struct progress *p, const char *what, bool quiet);
/* As a library's callbacks want it: data is the struct progress. Bytes; total may be a guess, 0: not known. */
void progress_show(void *data, uint64_t done, uint64_t total);
/* A line of its own: what takes long and begins. */
void progress_note(void *data, const char *text);
/* Ends the line on a terminal. */
void progress_end(const struct progress *p);

#endif
