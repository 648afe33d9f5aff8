/* SPDX-License-Identifier: Apache-2.0 */
/* put | list | show | remove: documents that the station keeps by name (station/documents.h). */
#ifndef CLI_STORED_H
#define CLI_STORED_H

#include <jansson.h>

#include "core/err.h"

struct stored_kind {
	const char *noun;   /* "baseline": also the verb */
	const char *plural; /* "baselines": in the calls' paths */
	/* A file that must be such a document; *ret is a new reference. */
	int (*open)(const char *path, json_t **ret, struct err *err);
};

int stored_put(const struct stored_kind *kind, int argc, char **argv);
int stored_list(const struct stored_kind *kind, int argc, char **argv);
int stored_show(const struct stored_kind *kind, int argc, char **argv);
int stored_remove(const struct stored_kind *kind, int argc, char **argv);

#endif
