/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What fetch.c, fetch_ranges.c and fetch_ends.c share. A range is a run of neighbouring wanted frames in one slot; it lives from the
 * moment when it gets the slot until all its frames have been handed on, through as many transfers as that takes. A bad frame becomes
 * a range of its own where it lies. So what is missing earliest always has a slot. All of it belongs to the fetcher's thread.
 */
#ifndef AGENT_PIPELINE_FETCH_RANGES_H
#define AGENT_PIPELINE_FETCH_RANGES_H

#include "agent/pipeline/fetch.h"
#include "agent/pipeline/slots.h"
#include "agent/pipeline/sources.h"
#include "core/http_multi.h"

/* Who gave a chunk wrongly. */
struct lies {
	struct lies *next;
	uint32_t chunk;
	unsigned times[PIPELINE_SOURCES_MAX];
	struct err why; /* the last time */
};

struct range {
	struct range *next_range; /* in rising order */
	struct fetch *fetch;
	struct frame_slot *slot;
	uint8_t *base;                  /* where the first chunk's frame begins */
	uint32_t first, end;            /* chunks */
	uint32_t next;                  /* the first one whose frame is not whole */
	uint64_t at;                    /* bytes from base on that are there */
	unsigned source;                /* of the newest bytes */
	struct http_transfer *transfer; /* NULL: waits to be asked for */
	struct source_use use;
	struct lies *lies; /* of its only chunk; NULL: none */
	bool copy;         /* of another range's rest, because that one is slow at the very end */
	bool leave;        /* its source has lied: no frame more than the one that has begun */
	bool fresh;        /* the last connection was silent */
};

struct fetch {
	struct fetch_options o;
	const struct index *index;
	const struct source_limits *limits;
	struct http_multi *multi;
	struct sources *sources;
	struct bits *left; /* wanted, and not handed on or bad since */
	uint32_t n_left;
	uint32_t cursor; /* every wanted chunk below has, or had, its range */
	struct range *ranges;
	struct lies *lies;
	unsigned running; /* transfers */
	int last_code;    /* positive errno of the last break */
	/* for the report */
	uint64_t source_bytes[PIPELINE_SOURCES_MAX], retries;
	struct pipeline_bad bad[PIPELINE_BAD_MAX];
	unsigned n_bad;
};

/* fetch_new() with other limits; they outlive it. */
int fetch_new_limited(const struct fetch_options *options, const struct source_limits *limits,
		      struct fetch **ret, struct err *err) _must_check_;

/* ---- fetch_ranges.c ---- */
/* Asks for what can be asked for now: ranges that wait, then new ones, then what an idle connection can help with. */
int ranges_start(struct fetch *f, struct err *err) _must_check_;
/* A bad frame's place; its slot's user passes over. */
void range_of_bad(struct fetch *f, const struct frame *frame, struct lies *lies);
/* Skips what others have handed on meanwhile: is anything left of it? */
bool range_rest(struct range *range);
void range_free(struct range *range);
char *source_shown(const struct fetch *f, unsigned i) _must_check_; /* URL for messages */

/* ---- fetch_ends.c ---- */
/* Takes the ends of transfers. */
void ends_take(struct fetch *f);
/* Breaks off transfers that are too slow. */
void ends_watch(struct fetch *f, uint64_t now);
/* Bad frames: who gave them, and ranges to fetch them again. */
void ends_take_bad(struct fetch *f);
/* The range, and its transfer, is not wanted any more. */
void range_drop(struct range *range);
/* No source is left that could give this range; NULL: any. */
int ends_no_source(const struct fetch *f, const struct range *range, struct err *err);

#endif
