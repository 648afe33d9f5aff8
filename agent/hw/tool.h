/* SPDX-License-Identifier: Apache-2.0 */
/* A vendor's tool as a child: no shell, a fixed environment, no input, bounded output and time. Private to agent/hw: mst/. */
#ifndef AGENT_HW_TOOL_H
#define AGENT_HW_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

#define TOOL_OUTPUT_MAX (256 * 1024) /* bytes; more is an error */

struct tool {
	const char *path; /* of the program */
	const char *
		root; /* the tree that it lives in, with empty folders dev, proc and sys, which are filled for it alone; NULL: the agent's own */
	const char *const *arguments; /* the first is its name; NULL-terminated */
	unsigned limit_s;             /* then it is killed: -ETIMEDOUT */
	bool (*alive)(
		void *data); /* asked several times a second; true: cancelled, the tool is killed: -ECANCELED. May be NULL */
	void *data;
};

/* What it wrote, to both outputs, in its order; malloc'd, a NUL behind it. *ret_status is its exit status; an end by a signal is -EIO. */
int tool_run(const struct tool *tool, char **ret_text, size_t *ret_len, int *ret_status,
	     struct err *err) _must_check_;

#endif
