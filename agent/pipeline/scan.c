/* SPDX-License-Identifier: Apache-2.0 */
/* Reading chunks of several disks and comparing them with the index: every thread reads and hashes, so that cores and disks are busy. */
#include <inttypes.h>

#include "agent/hw/block/block.h"
#include "agent/pipeline/stages.h"
#include "core/io.h"
#include "images/decode.h"
#include "images/zeros.h"

enum { READS_AHEAD = 2 }; /* threads for each target beyond the CPUs: these wait for the disk */

int chunk_read_back(const struct pipeline_target *to, const struct index *index, uint32_t chunk, void *buf,
		    struct err *err)
{
	uint32_t len = index_chunk_len(index, chunk);
	int r = pread_full(to->fd, buf, len, chunk_offset(index, chunk), err);
	bool zeros;

	if (r < 0)
		return err_prepend(err, "reading back chunk %" PRIu32 " at byte %" PRIu64, chunk,
				   chunk_offset(index, chunk));
	zeros = zeros_only(
		buf,
		len); /* at the first byte it is mostly known, and what was never written needs no hash */
	if (chunk_is_zero(index, chunk) && !zeros)
		r = err_set(err, EBADMSG, "chunk %" PRIu32 ": does not read as zeros", chunk);
	else if (!chunk_is_zero(index, chunk) && zeros)
		r = err_set(err, EBADMSG, "chunk %" PRIu32 ": reads as zeros and should be data", chunk);
	else if (!zeros)
		r = chunk_check_plain(index, chunk, buf, err);
	return r < 0 ? err_prepend(err, "read back from the disk") : 0;
}

/* Targets in turn, so that all of them are busy. */
static struct target *take(struct scan *scan, uint32_t *ret_chunk)
{
	struct run *run = scan->run;
	uint64_t end = (uint64_t)run->n_targets * run->job->index->n_chunks;
	struct target *t = NULL;

	pthread_mutex_lock(&run->crew.lock);
	while (!t && !run->crew.stopped && scan->next < end) {
		unsigned n = (unsigned)(scan->next % run->n_targets);
		uint32_t chunk = (uint32_t)(scan->next / run->n_targets);

		scan->next++;
		if (!bits_get(scan->which[n], chunk) || run->targets[n].lost)
			continue;
		t = &run->targets[n];
		*ret_chunk = chunk;
	}
	pthread_mutex_unlock(&run->crew.lock);
	return t;
}

static void *scanner_run(void *data)
{
	struct scan *scan = data;
	const struct index *index = scan->run->job->index;
	_cleanup_free_ void *buf = block_buffer(index->chunk_size);
	struct target *t;
	uint32_t chunk;

	while ((t = take(scan, &chunk))) {
		struct err err = {0};
		int r = chunk_read_back(t->to, index, chunk, buf, &err);

		scan->seen(t, chunk, r, &err);
	}
	crew_leave(&scan->run->crew);
	return NULL;
}

int scan_all(struct scan *scan, struct err *err)
{
	struct crew *crew = &scan->run->crew;
	unsigned threads = crew_cpus() + READS_AHEAD * scan->run->n_targets;
	size_t buffers = crew_memory(crew->job) / crew->job->index->chunk_size;

	if (threads > CREW_MAX)
		threads = CREW_MAX;
	if (threads > buffers)
		threads = buffers ? (unsigned)buffers : 1;
	for (unsigned i = 0; i < threads; i++)
		crew_spawn(crew, scanner_run, scan);
	crew_attend(crew);
	return crew_finish(crew, err);
}
