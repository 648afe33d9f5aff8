/* SPDX-License-Identifier: Apache-2.0 */
/* What the stages of a run share: fetching (fetch.c), decoding and writing (place.c), and pipeline.c, which joins them. */
#ifndef AGENT_PIPELINE_STAGES_H
#define AGENT_PIPELINE_STAGES_H

#include "agent/pipeline/crew.h"
#include "core/workq.h"
#include "images/decode.h"

struct pipeline {
	const struct pipeline_job *job;
	struct crew crew;
	struct workq *placers;
	/* below: with crew.lock held */
	uint32_t next;          /* chunk that nobody has taken yet */
	size_t frame_room;      /* bytes that frames may still take */
	uint64_t bytes;         /* written */
	uint64_t fetched_bytes; /* received */
	uint64_t retries;
	struct bench *benches; /* free ones */
	void *first_chunk;     /* owned until the end */
};

/* A frame on its way, and the chunk that it is. frame NULL: write zeros. */
struct load {
	struct pipeline *p;
	uint32_t chunk;
	uint8_t *frame;
};

/* What decoding needs: as many as there are placers. */
struct bench {
	struct bench *next;
	struct decoder *decoder;
	void *plain; /* chunk_size bytes, block_buffer() */
};

/* fetch.c: a thread that takes runs of chunks until there are none; data is the pipeline. */
void *fetcher_run(void *data);
/* The frame of one chunk anew, into `frame`. */
int fetch_again(struct pipeline *p, uint32_t chunk, uint8_t *frame, struct err *err) _must_check_;

/* place.c: the work queue's functions; items are loads. */
int place_load(void *item, struct err *err);
void drop_load(void *item);

#endif
