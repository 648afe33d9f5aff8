/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a run: a row a node, from what the station answers and from events; drawn in place, or told in plain lines. */
#ifndef CLI_REIMAGE_VIEW_H
#define CLI_REIMAGE_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/rate.h"
#include "core/cleanup.h"

struct reimage_row {
	char node[64], state[16], step[33], reason[512], note[256];
	struct rate rate;         /* of the step that runs */
	int64_t created, updated; /* of its order, the station's clock; 0: it has none */
	uint64_t line_ns;         /* when a plain progress line was last printed */
};

/* How many nodes are what: as of the run's "counts". */
struct reimage_counts {
	int64_t nodes, waiting, refused, open, done, held, cancelled;
};

struct reimage_view {
	FILE *to;
	bool terminal; /* draw; else plain lines, as things happen */
	struct reimage_row *rows;
	unsigned n_rows;
	char run[65], state[16];
	bool until_live; /* a node that is handed over is not done yet */
	struct reimage_counts counts;
	int64_t created;   /* of the run, the station's clock */
	int64_t ahead;     /* seconds that the station's clock is ahead of ours */
	char trouble[256]; /* why the station is not heard; "" */
	unsigned drawn;    /* lines on the terminal that the next drawing overwrites */
};

void reimage_view_clear(struct reimage_view *view);

/* A run in full, as the station answers it. */
void reimage_view_run(struct reimage_view *view, const json_t *run);
/* One of GET /v1/events, at monotonic time now_ns. */
void reimage_view_event(struct reimage_view *view, const json_t *event, uint64_t now_ns);
/* The station is not heard, or (NULL) is again. */
void reimage_view_trouble(struct reimage_view *view, const char *text);

/* Draws anew for so many columns and lines (at least 3) when the station's clock says `now`; leaves the last line free. */
void reimage_draw(struct reimage_view *view, unsigned width, unsigned height, int64_t now);

#endif
