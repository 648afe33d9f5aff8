/* SPDX-License-Identifier: Apache-2.0 */
/* Which nodes an operator means. */
#ifndef CLI_REIMAGE_NODES_H
#define CLI_REIMAGE_NODES_H

#include <jansson.h>

#include "cli/args.h"
#include "cli/client.h"

struct reimage_choice {
	const char *const *words; /* names and patterns; NULL-terminated */
	const char *from;         /* a file with more of them, a line each; "-": standard input; NULL: none */
	struct arg_list except;   /* the same for those that are not meant */
	bool all_returned;        /* every node whose state is returned */
};

/* Their names, each once, as the words say and then as the station has them. A word that stands for no node is an error; so is no node at all. */
int reimage_nodes(const struct client_options *client, const struct reimage_choice *choice, json_t **ret,
		  struct err *err) _must_check_;

#endif
