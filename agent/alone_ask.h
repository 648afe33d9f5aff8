/* SPDX-License-Identifier: Apache-2.0 */
/* The question at the console: a person sees the drives and types a number that is shown, or nothing is erased. */
#ifndef AGENT_ALONE_ASK_H
#define AGENT_ALONE_ASK_H

#include "agent/steps/wipe/targets.h"

#define ALONE_ASK_WAIT_S   600 /* without a line for so long nobody is there */
#define ALONE_ASK_ATTEMPTS 3

struct alone_ask {
	int in, out;                 /* the console */
	unsigned wait_ms;            /* for each line */
	void (*number)(char ret[5]); /* four digits; NULL: random ones */
	void (*alive)(void *data);   /* waiting is no hang; may be NULL */
	void *alive_data;
};

/* 0: confirmed. -EPERM: not in so many attempts; -ETIMEDOUT, -EIO: nobody answers, or there is no console to answer at. */
int alone_ask(const struct alone_ask *ask, const struct order *order, const struct wipe_targets *targets,
	      struct err *err) _must_check_;

#endif
