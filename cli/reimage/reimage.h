/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of remint reimage. */
#ifndef CLI_REIMAGE_H
#define CLI_REIMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/client.h"

struct reimage_manner {
	bool watch;       /* the live view, on a terminal */
	bool json;        /* the summary as a document, and all else to standard error */
	uint64_t timeout; /* seconds; 0: none */
};

/* Rows of a command's table of options. */
#define REIMAGE_MANNER_ARGS(m)                                                                \
	{"watch", ARG_FLAG, &(m)->watch, "", "on a terminal: a line a node, drawn in place"}, \
		{"timeout", ARG_NUMBER, &(m)->timeout, "SECONDS",                             \
		 "follow it so long, and end with status 3 (default: to its end)"},           \
	{                                                                                     \
		"json", ARG_FLAG, &(m)->json, "",                                             \
			"print the summary as JSON, and the rest to standard error"           \
	}

/* Follows a run to its end, says what became of it, and returns the exit status. */
int reimage_go(const struct client_options *client, const char *run, const struct reimage_manner *manner);

/* With --resume, --cancel and --list in place of nodes: the exit status. */
int reimage_resume(int argc, char **argv);
int reimage_cancel(int argc, char **argv);
int reimage_list(int argc, char **argv);

#endif
