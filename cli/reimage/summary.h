/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a run. */
#ifndef CLI_REIMAGE_SUMMARY_H
#define CLI_REIMAGE_SUMMARY_H

#include <jansson.h>
#include <stdbool.h>

#define EXIT_UNFINISHED 3 /* the run goes on without us */

/* EXIT_SUCCESS when each node of the run, as the station answers it, is as the run wanted it; else EXIT_FAILURE. */
int reimage_result(const json_t *run);

/* A table, below it each reason in full, and the sum; with json the run and "result" as a document. To standard output. */
void reimage_summary(json_t *run, bool finished, bool json);

#endif
