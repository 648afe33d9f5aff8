/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching: one thread, several connections (libcurl's multi interface), several sources. */
#ifndef AGENT_PIPELINE_FETCH_H
#define AGENT_PIPELINE_FETCH_H

#include "agent/pipeline/bits.h"
#include "agent/pipeline/crew.h"
#include "agent/pipeline/frames.h"
#include "agent/pipeline/pipeline.h"

struct fetch_options {
	const struct pipeline_job *job; /* index, sources; the crew's too */
	const struct bits *
		wanted; /* chunks whose frames are wanted; never one of zeros. Handed on in about rising order */
	struct crew *crew;
	struct frames *frames;
};

struct fetch;
/* Prepares; sources that cannot be used at all (no URL) are an error. */
int fetch_new(const struct fetch_options *options, struct fetch **ret, struct err *err) _must_check_;
/* A crew's thread: fetches until every wanted frame has been handed on and none is bad any more, or the crew stops. data is the struct fetch. */
void *fetch_run(void *data);
/* After the crew has ended: what came from where, retries, bad frames. */
void fetch_report(const struct fetch *fetch, struct pipeline_result *ret);
void fetch_free(struct fetch *fetch);

/* Slots and their size in bytes that make good use of `memory` bytes for this index: at least two slots, each for the longest frame. */
void fetch_share(const struct index *index, size_t memory, unsigned *ret_slots, size_t *ret_slot_size);

#endif
