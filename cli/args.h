/* SPDX-License-Identifier: Apache-2.0 */
/* A command's options as a table: parsing, checking and --help all come from it. */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

#define EXIT_USAGE   2
#define ARG_LIST_MAX 64

struct arg_list {
	const char *items[ARG_LIST_MAX + 1]; /* NULL-terminated */
	unsigned n;
};

enum arg_kind {
	ARG_FLAG,   /* into: bool */
	ARG_TEXT,   /* into: const char * */
	ARG_NUMBER, /* into: uint64_t, decimal, at most 2^53 */
	ARG_MANY,   /* into: struct arg_list; may be given more than once */
};

struct arg_option {
	const char *name; /* without the dashes; a NULL name ends the table */
	enum arg_kind kind;
	void *into;
	const char *value, *help; /* for --help */
	bool needed;
	char letter; /* 'o': "-o VALUE" and "-oVALUE" are the same; 0: there is none */
};

struct arg_spec {
	const char *usage;   /* "remint node add NAME" */
	const char *purpose; /* one or more sentences */
	const struct arg_option *options;
	unsigned min_operands, max_operands;
};

/* What is to become of the command after parsing. */
enum arg_result { ARG_GO, ARG_HELP_SHOWN, ARG_MISUSED };

/* Operands go to `operands` (max_operands of them, NULL where not given). Errors have been printed. "--json" and the like are rows
 * as any other; "--help" and "-h" are always there. */
enum arg_result args_parse(const struct arg_spec *spec, int argc, char **argv, const char **operands);

/* The exit status of a command that does not go on. */
int args_exit(enum arg_result result);

/* One of a verb's commands: "node add". A NULL name ends the table. */
struct sub_command {
	const char *name, *help;
	int (*run)(int argc, char **argv);
};
int run_sub_command(const char *verb, const char *purpose, const struct sub_command *table, int argc,
		    char **argv);

/* "remint: <text>" on standard error; returns 1, a command's exit status. */
int fail_with(const struct err *err);

#endif
