/* SPDX-License-Identifier: Apache-2.0 */
/* Brings a run to its end: has orders made as there is room for them, and shows what becomes of them. */
#ifndef CLI_REIMAGE_FOLLOW_H
#define CLI_REIMAGE_FOLLOW_H

#include <jansson.h>
#include <stdint.h>

#include "cli/client.h"
#include "cli/reimage/view.h"

struct reimage_follow {
	struct client_options client; /* where the station is */
	const char *run;              /* its id */
	uint64_t timeout;             /* seconds; 0: as long as it takes */
	struct reimage_view view;
};

enum reimage_end {
	REIMAGE_ENDED,
	REIMAGE_INTERRUPTED, /* by a signal */
	REIMAGE_TIMED_OUT,
};

/*
 * Until nothing more happens in the run, a signal (stop_begin() is the caller's) or the timeout. A station that is not heard is asked again. *run is what it
 * answered last, replaced as it answers; a new reference, or NULL.
 */
int reimage_follow(struct reimage_follow *follow, json_t **run, enum reimage_end *ret,
		   struct err *err) _must_check_;

#endif
