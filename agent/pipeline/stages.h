/* SPDX-License-Identifier: Apache-2.0 */
/* What the stages of a run share: workers.c, zeros.c, targets.c, beside.c, scan.c, sink.c, and pipeline.c, which joins them. */
#ifndef AGENT_PIPELINE_STAGES_H
#define AGENT_PIPELINE_STAGES_H

#include "agent/pipeline/bits.h"
#include "agent/pipeline/crew.h"
#include "agent/pipeline/fetch.h"
#include "agent/pipeline/frames.h"
#include "agent/pipeline/pool.h"
#include "agent/pipeline/writer.h"

struct run;

/* A disk and how far it is. */
struct target {
	struct run *run;
	const struct pipeline_target *to;
	unsigned n;       /* of the job's */
	struct bits *due; /* chunks that it must be given; fixed before the workers begin */
	/* below: with crew.lock held */
	struct pipeline_target_result *ret;
	struct bits *settled; /* chunks that are on it, perhaps in its cache */
	uint64_t unflushed;   /* bytes written since the last flush began */
	bool lost;
};

struct run {
	const struct pipeline_job *job;
	struct pipeline_result *ret;
	struct crew crew;
	struct target targets[PIPELINE_TARGETS_MAX];
	unsigned n_targets;
	struct bits *wanted; /* chunks whose frames are fetched */
	struct pool *pool;
	struct frames *frames;
	struct fetch *fetch;
	struct writer *writer; /* NULL with a sink */
	struct sink *sink;
	unsigned producers; /* with crew.lock held: threads that may still write */
};

static inline bool chunk_is_zero(const struct index *index, uint32_t i)
{
	return index->chunks[i].flags & CHUNK_ZERO;
}

static inline uint64_t chunk_offset(const struct index *index, uint32_t i)
{
	return (uint64_t)i * index->chunk_size;
}

/* ---- run.c ---- */
void run_init(struct run *run, const struct pipeline_job *job, struct pipeline_result *ret);
void run_clear(struct run *run);
/* A thread that writes is about to end: its last act but crew_leave(). */
void run_produced(struct run *run);
/* Nothing will be written any more; with crew.lock held. */
bool run_over(const struct run *run);

/* ---- targets.c ---- */
bool target_lost(struct target *t);
/* It failed: left behind, or the end of the run, as the job says. */
void target_lose(struct target *t, const struct err *err);
/* The chunk is on it; *count of its result counts the bytes. */
void target_settle(struct target *t, uint32_t chunk, uint64_t *count, bool written);
/* Its contents reach the medium, and nothing stays in the page cache. */
void target_flush(struct target *t);
/* The first chunk's place becomes zeros, on the medium: what an earlier boot committed must not boot while the rest changes. */
void target_blank_first(struct target *t);

/* ---- zeros.c: a thread for each target that gives it its chunks of zeros; data is the target ---- */
void *zeroer_run(void *data);
/* len zeros to offset, written as plain data. */
int zeros_write(const struct pipeline_target *to, uint64_t offset, uint64_t len,
		struct err *err) _must_check_;

/* ---- workers.c: a thread that checks, decodes and hands on; data is the run ---- */
void *decoder_loop(void *data);
struct decoder;
/* The frame's chunk into `to`; gives the frame back, whatever it was. False: the frame was bad, or the crew stops. */
bool worker_decode(struct run *run, struct decoder *decoder, const struct frame *frame, void *to);
/* The writer's end of a chunk; data is the run. */
void worker_written(void *data, struct plain *plain, unsigned target, int code);

/* ---- sink.c ---- */
struct sink *sink_new(struct run *run);
void sink_free(struct sink *sink);
/* A worker's and the delivering thread's loops; data is the run. */
void sink_work(struct run *run, struct decoder *decoder);
void *sink_run(void *data);

/* ---- beside.c: a thread for each target that reads back what is flushed, while others write; data is the target ---- */
void *beside_run(void *data);

/* ---- scan.c: reading chunks and comparing them with the index, on all cores, several at once ---- */
/* Is the chunk on the disk what the index says? buf: a chunk's room. -EBADMSG when it differs. */
int chunk_read_back(const struct pipeline_target *to, const struct index *index, uint32_t chunk, void *buf,
		    struct err *err) _must_check_;
struct scan {
	struct run *run;
	struct bits *which[PIPELINE_TARGETS_MAX]; /* chunks to read, for each target; owned by the caller */
	/* Thread safe; r: what chunk_read_back() said. */
	void (*seen)(struct target *t, uint32_t chunk, int r, const struct err *err);
	uint64_t next; /* with crew.lock held: chunk and target that nobody has taken */
};
/* The crew's whole turn: threads, attending, joining. */
int scan_all(struct scan *scan, struct err *err) _must_check_;

/* ---- read_back.c ---- */
/* The chunks that the job wants to be read back, fixed in ret->sample for a sampled read. */
bool read_back_wants(const struct run *run, uint32_t chunk);
void read_back_draw(const struct pipeline_job *job, struct pipeline_result *ret);
/* It has been read back: r as for scan's seen. */
void read_back_seen(struct target *t, uint32_t chunk, int r, const struct err *err);

/* ---- resume.c: what is in place is no longer due ---- */
int resume_scan(struct run *run, struct err *err) _must_check_;

#endif
