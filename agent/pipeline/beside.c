/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading back beside the writing, in epochs: when enough has been written, the disk is flushed, and the chunks whose writes had ended
 * before that may be read back. It takes what the decoders leave idle: a disk that is slower than they are, not one that is faster.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

#include "agent/hw/block/block.h"
#include "agent/pipeline/stages.h"

#define EPOCH_MAX (512ull << 20) /* bytes written between two flushes; of a small image a quarter */

static bool epoch_is_over(const struct target *t)
{
	uint64_t quarter = t->run->job->index->size / 4;

	return t->unflushed >= (quarter < EPOCH_MAX ? quarter : EPOCH_MAX);
}

/* What is settled now and has not been read yet; NULL when there is nothing to wait for any more. */
static struct bits *next_epoch(struct target *t)
{
	struct run *run = t->run;
	struct bits *epoch = NULL;

	pthread_mutex_lock(&run->crew.lock);
	while (!run_over(run) && !t->lost && !epoch_is_over(t))
		pthread_cond_wait(&run->crew.changed, &run->crew.lock);
	if (!run_over(run) && !t->lost) {
		epoch = bits_new(t->settled->n);
		for (uint32_t i = 0; i < epoch->n; i++)
			if (bits_get(t->settled, i) && !bits_get(t->ret->proven, i))
				bits_set(epoch, i);
		t->unflushed = 0;
	}
	pthread_mutex_unlock(&run->crew.lock);
	return epoch;
}

static bool may_go_on(struct target *t)
{
	bool on;

	pthread_mutex_lock(&t->run->crew.lock);
	on = !run_over(t->run) && !t->lost && !epoch_is_over(t);
	pthread_mutex_unlock(&t->run->crew.lock);
	return on;
}

static void read_epoch(struct target *t, const struct bits *epoch, void *buf)
{
	for (uint32_t i = 0; i < epoch->n && may_go_on(t); i++) {
		struct err err = {0};

		if (bits_get(epoch, i) && read_back_wants(t->run, i))
			read_back_seen(t, i, chunk_read_back(t->to, t->run->job->index, i, buf, &err), &err);
	}
}

void *beside_run(void *data)
{
	struct target *t = data;
	_cleanup_free_ void *buf = block_buffer(t->run->job->index->chunk_size);
	struct bits *epoch;

	(void)setpriority(PRIO_PROCESS, 0, 19); /* on Linux: this thread alone */
	while ((epoch = next_epoch(t))) {
		struct err err = {0};

		if (fdatasync(t->to->fd) < 0) {
			err_sys(&err, errno, "flush");
			target_lose(t, &err);
		} else {
			read_epoch(t, epoch, buf);
		}
		free(epoch);
	}
	crew_leave(&t->run->crew);
	return NULL;
}
