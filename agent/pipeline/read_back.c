/* SPDX-License-Identifier: Apache-2.0 */
/* Reading back: every chunk but the first, on all cores, against the index. The descriptor is O_DIRECT, so the medium answers. */
#include <inttypes.h>

#include "agent/hw/block.h"
#include "agent/pipeline/crew.h"
#include "core/io.h"
#include "images/decode.h"
#include "images/zeros.h"

struct reading {
	const struct pipeline_job *job;
	struct crew crew;
	uint32_t next; /* with crew.lock held: chunk that nobody has taken yet */
};

static bool take(struct reading *reading, uint32_t *ret)
{
	bool more;

	pthread_mutex_lock(&reading->crew.lock);
	more = !reading->crew.stopped && reading->next < reading->job->index->n_chunks;
	if (more)
		*ret = reading->next++;
	pthread_mutex_unlock(&reading->crew.lock);
	return more;
}

static int read_chunk(const struct pipeline_job *job, uint32_t i, void *plain, struct err *err)
{
	const struct index *index = job->index;
	uint32_t len = index_chunk_len(index, i);
	int r = pread_full(job->fd, plain, len, (uint64_t)i * index->chunk_size, err);

	if (r < 0)
		return err_prepend(err, "reading back chunk %" PRIu32, i);
	if (!(index->chunks[i].flags & CHUNK_ZERO))
		r = chunk_check_plain(index, i, plain, err);
	else if (!zeros_only(plain, len))
		r = err_set(err, EBADMSG, "chunk %" PRIu32 ": does not read as zeros", i);
	return r < 0 ? err_prepend(err, "read back from the disk") : 0;
}

static void *reader_run(void *data)
{
	struct reading *reading = data;
	_cleanup_free_ void *plain = block_buffer(reading->job->index->chunk_size);
	struct err err = {0};
	uint32_t i;

	while (take(reading, &i)) {
		if (read_chunk(reading->job, i, plain, &err) < 0) {
			crew_fail(&reading->crew, &err);
			break;
		}
		crew_done(&reading->crew, index_chunk_len(reading->job->index, i));
	}
	crew_leave(&reading->crew);
	return NULL;
}

int pipeline_read_back(const struct pipeline_job *job, struct err *err)
{
	struct reading reading = {.job = job, .next = 1};
	unsigned readers = crew_cpus() + 1; /* one more than the CPUs: somebody waits for the disk */
	int r;

	if (readers > crew_memory(job) / job->index->chunk_size)
		readers = (unsigned)(crew_memory(job) / job->index->chunk_size);
	crew_init(&reading.crew, job, job->index->size - index_chunk_len(job->index, 0));
	for (unsigned i = 0; i < (readers ? readers : 1); i++)
		crew_spawn(&reading.crew, reader_run, &reading);
	crew_attend(&reading.crew);
	r = crew_finish(&reading.crew, err);
	crew_clear(&reading.crew);
	return r;
}
