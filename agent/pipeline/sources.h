/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which source to ask: the first that is in order, in the job's order. A source that breaks off is left alone for a while, one that is
 * too slow for longer, one that gave a wrong frame is asked only when there is no other, and one that keeps answering something else
 * not any more. No I/O and no clock: times are the caller's, in nanoseconds of one monotonic clock.
 */
#ifndef AGENT_PIPELINE_SOURCES_H
#define AGENT_PIPELINE_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/pipeline/pipeline.h"

struct source_limits {
	unsigned backoff_ms, backoff_max_ms; /* left alone after a break: doubled with each, up to the most */
	unsigned
		away; /* so many breaks in a row, and nothing is waited for from it while another could be asked */
	unsigned wrong_max;      /* wrong answers in a row, and it is out */
	unsigned stall_ms;       /* without a byte, while another could be asked */
	unsigned stall_alone_ms; /* ... while none could */
	unsigned window_ms;      /* a transfer's rate is taken over so long */
	unsigned slow_share;     /* too slow: less than one so-manyth of the rate of the best other source */
	unsigned demoted_ms;     /* a slow source is asked again after so long */
	uint64_t
		explore_below; /* bytes/s of one transfer: below, a source whose rate nobody knows is tried */
	uint64_t measure_min;  /* bytes: shorter transfers say nothing about the rate */
};
extern const struct source_limits source_limits_default;

struct sources;
struct sources *sources_new(unsigned n,
			    const struct source_limits *limits) _must_check_; /* limits outlive it */
void sources_free(struct sources *sources);

/* The source to ask now, not one of the bits in `without`; -1: none at the moment. */
int sources_choose(const struct sources *sources, unsigned without, uint64_t now);
/* May a source that is not in `without` be worth waiting for: neither out nor away? */
bool sources_hope(const struct sources *sources, unsigned without);
bool sources_out(const struct sources *sources, unsigned i);
/* When the first source's pause ends; UINT64_MAX: none pauses. */
uint64_t sources_next(const struct sources *sources, uint64_t now);
/* Another source than i that could be asked now and never gave a wrong frame. */
bool sources_other(const struct sources *sources, unsigned i, uint64_t now);

/* A transfer's life. Every start has one end. */
enum source_end {
	SOURCE_WHOLE,  /* all that was asked for */
	SOURCE_LEFT,   /* broken off for reasons that are not its own */
	SOURCE_BROKEN, /* the connection */
	SOURCE_WRONG,  /* something else than was asked for */
	SOURCE_SLOW,   /* broken off, as sources_judge() said */
};
struct source_use {
	uint64_t started;               /* ns */
	uint64_t bytes;                 /* that came; kept by the caller */
	uint64_t seen, last_byte;       /* bytes when they were looked at, ns when they had changed */
	uint64_t window_at, window_had; /* ns, bytes: where the window began */
	bool progress; /* kept by the caller: enough came for the source to count as working */
};
void sources_start(struct sources *sources, unsigned i, struct source_use *use, uint64_t now);
/* True when that is worth a note: the first break, and now and then another; slowness that is news; being out. */
bool sources_end(struct sources *sources, unsigned i, const struct source_use *use, enum source_end end,
		 const char *why, uint64_t now);
/* It gave a frame that was not what the index says. */
void sources_lied(struct sources *sources, unsigned i, const char *why);

/* What to do about a running transfer; asked a few times a second. */
enum source_verdict {
	SOURCE_GO_ON,
	SOURCE_STALLED,  /* no byte for too long */
	SOURCE_TOO_SLOW, /* compared with another source */
	SOURCE_EXPLORE,  /* slow enough to look how fast another one is */
};
enum source_verdict sources_judge(struct sources *sources, unsigned i, struct source_use *use, uint64_t now);
/* bytes/s of a transfer; 0: not known. */
uint64_t sources_rate(const struct sources *sources, unsigned i);
/* The last reason that was told for it; "" for none. */
const char *sources_why(const struct sources *sources, unsigned i);

#endif
