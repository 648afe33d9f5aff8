/* SPDX-License-Identifier: Apache-2.0 */
/* Why a machine is held, where there may be many reasons: all are found before it is held for them, and as many are told as there is room for. */
#ifndef AGENT_STEPS_REASONS_H
#define AGENT_STEPS_REASONS_H

#define REASONS_MAX 700 /* bytes of text */

struct reasons {
	unsigned n, told;       /* how many, and how many of them are in the text */
	char text[REASONS_MAX]; /* "a; b" */
};

/* Whole ones, as many as there is room for, and in any case the first, if need be cut. */
void reasons_add(struct reasons *reasons, const char *sentence);
/* What stands behind the text: "; and 3 more, in the order's events", or "". */
#define REASONS_REST_SIZE 64
const char *reasons_rest(const struct reasons *reasons, char buf[REASONS_REST_SIZE]);

#endif
