/* SPDX-License-Identifier: Apache-2.0 */
/* What one may say of GPUs on the command line, the same for every order: a document, because there is much that it can say. */
#ifndef CLI_ORDER_GPU_H
#define CLI_ORDER_GPU_H

#include <jansson.h>

#include "core/err.h"

/* Row of a command's table of options. */
#define ORDER_GPU_ARG(path)                                                                       \
	{                                                                                         \
		"gpu", ARG_TEXT, (path), "FILE",                                                  \
			"JSON: what is to become of the GPUs (default: reset and scrubbed where " \
			"that can be done, every setting back to its default)"                    \
	}

/* Adds the file's object as order.gpu; nothing where path is NULL. What it means the order's reader checks. */
int order_gpu_arg_add(const char *path, json_t *order, struct err *err) _must_check_;

#endif
