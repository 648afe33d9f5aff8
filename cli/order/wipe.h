/* SPDX-License-Identifier: Apache-2.0 */
/* What one may say of erasing on the command line, the same for every order. */
#ifndef CLI_ORDER_WIPE_H
#define CLI_ORDER_WIPE_H

#include <jansson.h>

#include "cli/args.h"

struct order_wipe_args {
	const char *level, *verify, *namespaces, *secrets; /* NULL: not given */
	struct arg_list forbid;
};

/* Rows of a command's table of options. */
#define ORDER_WIPE_ARGS(w)                                                                                 \
	{"wipe-level", ARG_TEXT, &(w)->level, "LEVEL",                                                     \
	 "purge (default) or clear: the least that a method of erasing must reach; purge is preferred in " \
	 "any case"},                                                                                      \
		{"wipe-forbid", ARG_MANY, &(w)->forbid, "METHOD",                                          \
		 "a method that is not to be used; may be repeated"},                                      \
		{"wipe-verify", ARG_TEXT, &(w)->verify, "HOW",                                             \
		 "how erased drives are read back: full (default) or sampled"},                            \
		{"wipe-namespaces", ARG_TEXT, &(w)->namespaces, "HOW",                                     \
		 "keep (default) the namespaces of NVMe drives, or make a single one of each drive"},      \
	{                                                                                                  \
		"wipe-secrets", ARG_TEXT, &(w)->secrets, "FILE",                                           \
			"JSON: [{\"drive\": \"serial\", \"psid\": \"...\"}, ...], for drives that forget " \
			"their key by a revert"                                                            \
	}

/* Adds what was given to an order's `wipe`. What it means the order's reader checks. */
int order_wipe_args_add(const struct order_wipe_args *args, json_t *wipe, struct err *err) _must_check_;

#endif
