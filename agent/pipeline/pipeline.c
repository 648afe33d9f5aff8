/* SPDX-License-Identifier: Apache-2.0 */
/* Joining the stages: how much memory each gets, starting them, and ending them in the right order. */
#include <string.h>

#include "agent/hw/block/block.h"
#include "agent/pipeline/stages.h"
#include "core/io.h"

enum {
	WORKERS_MAX = 32,
	WRITES_AHEAD =
		4, /* buffers beyond the workers': these are being written. More of them only grow cold */
};

struct shares {
	unsigned workers, buffers; /* threads, plain buffers */
	unsigned readers;          /* targets that are read beside the writing, a buffer each */
	unsigned slots;
	size_t slot_size; /* bytes */
};

static unsigned at_least(unsigned n, unsigned least)
{
	return n < least ? least : n;
}

/* At most half for plain chunks, the rest for frames. */
static struct shares share_memory(const struct run *run)
{
	size_t memory = crew_memory(run->job), chunk = run->job->index->chunk_size;
	size_t half = memory / 2 / chunk, plain;
	struct shares s = {.workers = crew_cpus() + (run->sink ? 1 : 0)};

	if (s.workers > WORKERS_MAX)
		s.workers = WORKERS_MAX;
	s.buffers = s.workers + WRITES_AHEAD;
	if (s.buffers > half)
		s.buffers = at_least((unsigned)half, 2);
	if (s.workers > s.buffers)
		s.workers = s.buffers;
	if (run->job->verify != PIPELINE_VERIFY_NONE && half > s.buffers)
		s.readers = half - s.buffers < run->n_targets ? (unsigned)(half - s.buffers) : run->n_targets;
	plain = (s.buffers + s.readers) * chunk;
	fetch_share(run->job->index, memory > plain ? memory - plain : 0, &s.slots, &s.slot_size);
	return s;
}

static bool due_anywhere(const struct run *run, uint32_t chunk)
{
	for (unsigned n = 0; n < run->n_targets; n++)
		if (bits_get(run->targets[n].due, chunk))
			return true;
	return chunk == 0 || !run->n_targets;
}

static bool choose_wanted(struct run *run)
{
	bool any = false;

	for (uint32_t i = 0; i < run->job->index->n_chunks; i++)
		if (!chunk_is_zero(run->job->index, i) && due_anywhere(run, i)) {
			bits_set(run->wanted, i);
			any = true;
		}
	return any;
}

static int open_writer(struct run *run, struct err *err)
{
	const struct writer_options options = {.targets = run->job->targets,
					       .n_targets = run->n_targets,
					       .pool = run->pool,
					       .done = worker_written,
					       .data = run};
	struct err why;
	char text[512];
	int r;

	if (!run->n_targets)
		return 0;
	if ((r = writer_new(&options, &run->writer, &why, err)) < 0)
		return r;
	if (why.code) {
		snprintf(text, sizeof(text), "writing without io_uring: %.400s", why.text);
		crew_note(&run->crew, text);
	}
	return 0;
}

/* What carries frames to disks; not needed when none is wanted. */
static int open_stages(struct run *run, const struct shares *s, struct err *err)
{
	struct fetch_options options = {.job = run->job, .wanted = run->wanted, .crew = &run->crew};
	int r;

	run->frames = options.frames = frames_new(&run->crew, s->slots, s->slot_size);
	if ((r = fetch_new(&options, &run->fetch, err)) < 0 ||
	    (r = pool_new(&run->crew, s->buffers, run->job->index->chunk_size, &run->pool, err)) < 0)
		return r;
	return open_writer(run, err);
}

static void spawn_stages(struct run *run, const struct shares *s)
{
	unsigned workers = run->fetch ? s->workers : 0;

	run->producers = workers + run->n_targets;
	if (run->fetch)
		crew_spawn(&run->crew, fetch_run, run->fetch);
	for (unsigned i = 0; i < workers; i++)
		crew_spawn(&run->crew, decoder_loop, run);
	for (unsigned i = 0; i < run->n_targets; i++)
		crew_spawn(&run->crew, zeroer_run, &run->targets[i]);
	for (unsigned i = 0; i < s->readers; i++)
		if (!run->targets[i].to->rotational)
			crew_spawn(&run->crew, beside_run, &run->targets[i]);
	if (run->sink)
		crew_spawn(&run->crew, sink_run, run);
}

static int run_stages(struct run *run, struct err *err)
{
	struct shares s = share_memory(run);
	int r = 0;

	if (choose_wanted(run) && (r = open_stages(run, &s, err)) < 0)
		return r;
	if (run->n_targets && chunk_is_zero(run->job->index, 0))
		crew_done(&run->crew, (uint64_t)index_chunk_len(run->job->index, 0) * run->n_targets);
	spawn_stages(run, &s);
	crew_attend(&run->crew);
	r = crew_finish(&run->crew, err);
	writer_free(run->writer);
	if (run->fetch)
		fetch_report(run->fetch, run->ret);
	return r;
}

static int run_all(struct run *run, struct err *err)
{
	int r;

	if (run->job->resume && run->n_targets && (r = resume_scan(run, err)) < 0)
		return r;
	for (unsigned n = 0; n < run->n_targets; n++)
		target_blank_first(&run->targets[n]);
	if ((r = crew_finish(&run->crew, err)) < 0 || (r = run_stages(run, err)) < 0)
		return r;
	for (unsigned n = 0; n < run->n_targets; n++)
		target_flush(&run->targets[n]);
	return crew_finish(&run->crew, err);
}

static int check_job(const struct pipeline_job *job, struct err *err)
{
	if (job->n_targets > PIPELINE_TARGETS_MAX || job->n_sources > PIPELINE_SOURCES_MAX)
		return err_set(err, EINVAL, "%u disks and %u sources: at most %d and %d are possible",
			       job->n_targets, job->n_sources, PIPELINE_TARGETS_MAX, PIPELINE_SOURCES_MAX);
	if (!job->n_targets && !job->sink)
		return err_set(err, EINVAL, "there is no disk to write to");
	return 0;
}

int pipeline_run(const struct pipeline_job *job, struct pipeline_result *ret, struct err *err)
{
	uint32_t len = index_chunk_len(job->index, 0);
	struct run run;
	int r;

	memset(ret, 0, sizeof(*ret));
	if ((r = check_job(job, err)) < 0)
		return r;
	read_back_draw(job, ret);
	if (job->n_targets) {
		ret->first_chunk = block_buffer(len);
		ret->first_chunk_len = len;
		memset(ret->first_chunk, 0, len);
	}
	run_init(&run, job, ret);
	if (!job->n_targets)
		run.sink = sink_new(&run);
	r = run_all(&run, err);
	run_clear(&run);
	if (r < 0)
		free(TAKE_PTR(ret->first_chunk)); /* it may be damaged */
	return r;
}

void pipeline_result_clear(struct pipeline_result *result)
{
	for (unsigned n = 0; n < PIPELINE_TARGETS_MAX; n++)
		free(result->targets[n].proven);
	free(result->sample);
	free(result->first_chunk);
	memset(result, 0, sizeof(*result));
}
