/* SPDX-License-Identifier: Apache-2.0 */
/* How fast a step that reports bytes goes, when it will be done, and lengths of time for people. */
#ifndef CLI_RATE_H
#define CLI_RATE_H

#include <stddef.h>
#include <stdint.h>

#define RATE_TEXT_SIZE     64
#define DURATION_TEXT_SIZE 24

/* All zero: a step that has just begun. */
struct rate {
	uint64_t done, total;        /* bytes; total 0: the step has reported none */
	uint64_t from_done, from_ns; /* where measuring began */
	double bytes_s;              /* 0: not yet known */
};

/* The step reports, at monotonic time now_ns. */
void rate_report(struct rate *rate, uint64_t done, uint64_t total, uint64_t now_ns);
unsigned rate_percent(const struct rate *rate);
/* "12.3 MB/s, 0:42 left", or nothing when that is not known. */
void rate_text(const struct rate *rate, char text[RATE_TEXT_SIZE]);

/* "0:42", "1:02:03"; below 0 is 0. */
void duration_text(int64_t seconds, char text[DURATION_TEXT_SIZE]);

#endif
