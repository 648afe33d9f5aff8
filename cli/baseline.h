/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of remint baseline. */
#ifndef CLI_BASELINE_H
#define CLI_BASELINE_H

#include <jansson.h>

#include "core/err.h"

int baseline_capture(int argc, char **argv);
int baseline_compare_command(int argc, char **argv);

/* A file that must be a baseline; *ret is a new reference. */
int baseline_open(const char *path, json_t **ret, struct err *err) _must_check_;

#endif
