/* SPDX-License-Identifier: Apache-2.0 */
/* A run's own memory. */
#include <string.h>

#include "agent/pipeline/stages.h"
#include "core/io.h"

static void target_init(struct run *run, unsigned n)
{
	struct target *t = &run->targets[n];
	uint32_t chunks = run->job->index->n_chunks;

	*t = (struct target){.run = run, .to = &run->job->targets[n], .n = n, .ret = &run->ret->targets[n]};
	t->due = bits_new(chunks);
	t->settled = bits_new(chunks);
	t->lost = t->ret->lost.code != 0;
	if (!t->ret->proven)
		t->ret->proven = bits_new(chunks);
	for (uint32_t i = 1; i < chunks; i++)
		bits_set(t->due, i);
}

void run_init(struct run *run, const struct pipeline_job *job, struct pipeline_result *ret)
{
	unsigned copies = job->n_targets ? job->n_targets : 1;

	*run = (struct run){.job = job, .ret = ret, .n_targets = job->n_targets};
	crew_init(&run->crew, job, job->index->size * copies);
	run->crew.copies = copies;
	run->wanted = bits_new(job->index->n_chunks);
	for (unsigned i = 0; i < run->n_targets; i++)
		target_init(run, i);
}

void run_clear(struct run *run)
{
	for (unsigned i = 0; i < run->n_targets; i++) {
		free(run->targets[i].due);
		free(run->targets[i].settled);
	}
	sink_free(run->sink);
	if (run->fetch)
		fetch_free(run->fetch);
	if (run->frames)
		frames_free(run->frames);
	pool_free(run->pool);
	free(run->wanted);
	crew_clear(&run->crew);
}

void run_produced(struct run *run)
{
	pthread_mutex_lock(&run->crew.lock);
	run->producers--;
	pthread_cond_broadcast(&run->crew.changed);
	pthread_mutex_unlock(&run->crew.lock);
}

bool run_over(const struct run *run)
{
	return run->crew.stopped || (run->producers == 0 && run->crew.pending == 0);
}
