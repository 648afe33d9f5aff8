/* SPDX-License-Identifier: Apache-2.0 */
/* The live view's state: a row for each open order, fed by events, shown in place or as plain lines. */
#ifndef CLI_WATCH_VIEW_H
#define CLI_WATCH_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/rate.h"

#define WATCH_ROWS_MAX 512

struct watch_row {
	char order[65], node[64], state[16], step[33], reason[256];
	struct rate rate; /* of the step that runs */
	uint64_t line_ns; /* when a plain progress line was last printed */
};

struct watch_view {
	struct watch_row rows[WATCH_ROWS_MAX];
	unsigned n_rows;
	unsigned drawn; /* lines on the terminal that the next drawing overwrites */
	bool terminal;  /* else plain lines, as things happen */
};

/* An order summary: adds or updates its row, and says so in a plain line when its state is new. Orders that had ended
 * before we looked are left out, but for `wanted`. */
void watch_order(struct watch_view *view, const json_t *order, const char *wanted);
/* An event of GET /v1/events, at monotonic time now_ns. */
void watch_event(struct watch_view *view, const json_t *event, uint64_t now_ns);
/* Draws the rows anew; nothing on anything but a terminal. */
void watch_draw(struct watch_view *view);

const struct watch_row *watch_find(const struct watch_view *view, const char *order);
/* live, held, cancelled: nothing more will happen. */
bool watch_ended(const char *state);
/* Did it end as it was meant to: live, or erased where that was all? */
bool watch_ended_well(const char *state);

#endif
