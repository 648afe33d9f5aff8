/* SPDX-License-Identifier: Apache-2.0 */
/* Reading back: every chunk but the first, or a sample, against the index. The descriptors are O_DIRECT, so the medium answers. */
#include <string.h>

#include "agent/pipeline/stages.h"
#include "core/hash.h"

enum { SAMPLE_TENTH = 10, SAMPLE_MIN = 64 };

/* An even draw of 1 to n_chunks - 1 without bias: what the last, incomplete round of 2^32 would favour is drawn anew. */
static uint32_t draw(uint32_t n_chunks)
{
	uint32_t n = n_chunks - 1, most = UINT32_MAX - UINT32_MAX % n, value;

	do
		random_bytes(&value, sizeof(value));
	while (value >= most);
	return 1 + value % n;
}

void read_back_draw(const struct pipeline_job *job, struct pipeline_result *ret)
{
	uint32_t n_chunks = job->index->n_chunks, left;

	if (job->verify != PIPELINE_VERIFY_SAMPLED || ret->sample || n_chunks < 2)
		return;
	left = (n_chunks - 1 + SAMPLE_TENTH - 1) / SAMPLE_TENTH;
	if (left < SAMPLE_MIN)
		left = SAMPLE_MIN;
	if (left > n_chunks - 1)
		left = n_chunks - 1;
	ret->sample = bits_new(n_chunks);
	while (left > 0) {
		uint32_t i = draw(n_chunks);

		left -= !bits_get(ret->sample, i);
		bits_set(ret->sample, i);
	}
}

bool read_back_wants(const struct run *run, uint32_t chunk)
{
	if (chunk == 0 || run->job->verify == PIPELINE_VERIFY_NONE)
		return false;
	return run->job->verify == PIPELINE_VERIFY_FULL || bits_get(run->ret->sample, chunk);
}

void read_back_seen(struct target *t, uint32_t chunk, int r, const struct err *err)
{
	struct crew *crew = &t->run->crew;
	uint32_t len = index_chunk_len(t->run->job->index, chunk);

	if (r < 0) {
		target_lose(t, err);
		return;
	}
	pthread_mutex_lock(&crew->lock);
	bits_set(t->ret->proven, chunk);
	t->ret->read_back += len;
	t->ret->chunks_read++;
	pthread_mutex_unlock(&crew->lock);
}

static void seen(struct target *t, uint32_t chunk, int r, const struct err *err)
{
	read_back_seen(t, chunk, r, err);
	crew_done(&t->run->crew, index_chunk_len(t->run->job->index, chunk));
}

/* What is wanted and not proven yet; the crew's total is their bytes. */
static void choose(struct scan *scan)
{
	struct run *run = scan->run;
	uint64_t total = 0;

	for (unsigned n = 0; n < run->n_targets; n++) {
		scan->which[n] = bits_new(run->job->index->n_chunks);
		for (uint32_t i = 1; i < run->job->index->n_chunks; i++) {
			if (!read_back_wants(run, i) || bits_get(run->ret->targets[n].proven, i))
				continue;
			bits_set(scan->which[n], i);
			if (!run->targets[n].lost)
				total += index_chunk_len(run->job->index, i);
		}
	}
	run->crew.total = total;
}

int pipeline_read_back(const struct pipeline_job *job, struct pipeline_result *result, struct err *err)
{
	struct scan scan = {.seen = seen};
	struct run run;
	int r;

	read_back_draw(job, result);
	run_init(&run, job, result);
	scan.run = &run;
	choose(&scan);
	r = scan_all(&scan, err);
	for (unsigned n = 0; n < run.n_targets; n++)
		free(scan.which[n]);
	run_clear(&run);
	return r;
}
