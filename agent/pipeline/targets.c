/* SPDX-License-Identifier: Apache-2.0 */
/* The disks of a run: what each has got, and what becomes of the run when one fails. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/hw/block/block.h"
#include "agent/pipeline/stages.h"

bool target_lost(struct target *t)
{
	bool lost;

	pthread_mutex_lock(&t->run->crew.lock);
	lost = t->lost;
	pthread_mutex_unlock(&t->run->crew.lock);
	return lost;
}

/* With crew.lock held. */
static unsigned whole_targets(const struct run *run)
{
	unsigned whole = 0;

	for (unsigned i = 0; i < run->n_targets; i++)
		whole += !run->targets[i].lost;
	return whole;
}

void target_lose(struct target *t, const struct err *err)
{
	struct crew *crew = &t->run->crew;
	struct err named = *err;
	bool first, go_on;
	char text[512];

	err_prepend(&named, "%s", t->to->name);
	pthread_mutex_lock(&crew->lock);
	first = !t->lost;
	t->lost = true;
	if (first && !crew->stopped)
		t->ret->lost = named;
	go_on = t->run->job->go_on_without_lost && whole_targets(t->run) > 0;
	pthread_mutex_unlock(&crew->lock);
	if (!first)
		return;
	if (!go_on) {
		crew_fail(crew, &named);
		return;
	}
	snprintf(text, sizeof(text), "%.450s; going on without it", named.text);
	crew_note(crew, text);
}

void target_settle(struct target *t, uint32_t chunk, uint64_t *count, bool written)
{
	struct crew *crew = &t->run->crew;
	uint32_t len = index_chunk_len(t->run->job->index, chunk);

	pthread_mutex_lock(&crew->lock);
	*count += len;
	if (written)
		t->unflushed += len;
	bits_set(t->settled, chunk);
	crew->done += len;
	/* beside.c waits for a certain amount */
	if (written)
		pthread_cond_broadcast(&crew->changed);
	pthread_mutex_unlock(&crew->lock);
}

static int flush(int fd, struct err *err)
{
	struct stat st;

	if (!fstat(fd, &st) && S_ISBLK(st.st_mode))
		return block_flush(fd, err);
	if (fsync(fd) < 0)
		return err_sys(err, errno, "flush");
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED); /* advice only */
	return 0;
}

void target_flush(struct target *t)
{
	struct err err = {0};

	if (!target_lost(t) && flush(t->to->fd, &err) < 0) {
		err_prepend(&err, "after the last chunk");
		target_lose(t, &err);
	}
}

void target_blank_first(struct target *t)
{
	uint32_t len = index_chunk_len(t->run->job->index, 0);
	struct err err = {0};

	if (t->to->reads_zero && !t->run->job->resume)
		return;
	if (zeros_write(t->to, 0, len, &err) < 0) {
		err_prepend(&err, "chunk 0 at byte 0");
	} else if (fdatasync(t->to->fd) < 0) {
		err_sys(&err, errno, "flush of the emptied first chunk");
	} else {
		return;
	}
	target_lose(t, &err);
}
