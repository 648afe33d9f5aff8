/* SPDX-License-Identifier: Apache-2.0 */
/* Joining the stages: how much memory each gets, starting them, and ending them in the right order. */
#include <string.h>

#include "agent/hw/block.h"
#include "agent/pipeline/stages.h"
#include "core/io.h"

enum {
	FETCHERS = 2,        /* connections */
	WRITES_AHEAD = 2,    /* placers beyond the CPUs: these wait for the disk */
	QUEUE = 256,         /* frames; their bytes are what is bounded */
	DECODER = 256 << 10, /* bytes, about, beside the buffer for the plain chunk */
};

static uint32_t longest_frame(const struct index *index)
{
	uint32_t longest = 0;

	for (uint32_t i = 0; i < index->n_chunks; i++)
		if (!(index->chunks[i].flags & CHUNK_ZERO) && index->chunks[i].length > longest)
			longest = index->chunks[i].length;
	return longest;
}

/* Half of the memory for placers, the rest for frames; at least one placer, and a frame for each fetcher. */
static unsigned share_memory(struct pipeline *p)
{
	size_t memory = crew_memory(p->job), each = p->job->index->chunk_size + DECODER;
	size_t least = (size_t)FETCHERS * longest_frame(p->job->index);
	unsigned placers = crew_cpus() + WRITES_AHEAD;

	if (placers > memory / 2 / each)
		placers = (unsigned)(memory / 2 / each);
	if (placers < 1)
		placers = 1;
	p->frame_room = memory > placers * each ? memory - placers * each : 0;
	if (p->frame_room < least)
		p->frame_room = least;
	return placers;
}

static int make_benches(struct pipeline *p, unsigned n, struct err *err)
{
	int r;

	for (unsigned i = 0; i < n; i++) {
		struct bench *bench = xcalloc(1, sizeof(*bench));

		bench->next = p->benches;
		p->benches = bench;
		bench->plain = block_buffer(p->job->index->chunk_size);
		if ((r = decoder_new(&bench->decoder, err)) < 0)
			return r;
	}
	return 0;
}

static void pipeline_free(struct pipeline *p)
{
	struct bench *bench;

	while ((bench = p->benches)) {
		p->benches = bench->next;
		decoder_free(bench->decoder);
		free(bench->plain);
		free(bench);
	}
	free(p->first_chunk);
}

/* Bytes of the chunks that will be placed. */
static uint64_t work(const struct pipeline_job *job)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < job->index->n_chunks; i++)
		if (i == 0 || !job->medium_reads_zero || !(job->index->chunks[i].flags & CHUNK_ZERO))
			bytes += index_chunk_len(job->index, i);
	return bytes;
}

static int run_stages(struct pipeline *p, unsigned placers, struct err *err)
{
	struct err later = {0};
	int r, q;

	crew_init(&p->crew, p->job, work(p->job));
	if ((r = workq_new(placers, QUEUE, place_load, drop_load, &p->placers, err)) < 0) {
		crew_clear(&p->crew);
		return r;
	}
	for (unsigned i = 0; i < FETCHERS; i++)
		crew_spawn(&p->crew, fetcher_run, p);
	crew_attend(&p->crew);
	if (crew_stopped(&p->crew))
		workq_cancel(p->placers);
	r = crew_finish(&p->crew, err);
	q = workq_finish(p->placers, &later);
	crew_clear(&p->crew);
	if (r == 0 && q < 0)
		*err = later;
	return r < 0 ? r : q;
}

int pipeline_run(const struct pipeline_job *job, struct pipeline_result *ret, struct err *err)
{
	_cleanup_(pipeline_free) struct pipeline p = {.job = job};
	unsigned placers = share_memory(&p);
	uint32_t len = index_chunk_len(job->index, 0);
	int r;

	p.first_chunk = block_buffer(len);
	memset(p.first_chunk, 0, len);
	if ((r = make_benches(&p, placers, err)) < 0 || (r = run_stages(&p, placers, err)) < 0)
		return r;
	ret->first_chunk = TAKE_PTR(p.first_chunk);
	ret->first_chunk_len = len;
	ret->bytes = p.bytes;
	ret->fetched_bytes = p.fetched_bytes;
	ret->retries = p.retries;
	return 0;
}
