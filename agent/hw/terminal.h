/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal that somebody looks at. */
#ifndef AGENT_HW_TERMINAL_H
#define AGENT_HW_TERMINAL_H

struct terminal_size {
	unsigned columns, lines;
};

/* Of the terminal at fd; 80 by 24 where it says none, or is none. */
struct terminal_size terminal_size(int fd);

#endif
