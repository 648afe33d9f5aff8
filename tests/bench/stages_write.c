/* SPDX-License-Identifier: Apache-2.0 */
/* The pipeline's own writer, fed from buffers. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/pipeline/writer.h"
#include "tests/bench/stages.h"

#define BUFFERS 8 /* chunks under way */

struct sink {
	struct pipeline_target target;
	struct crew crew;
	struct pool *pool;
	struct writer *writer;
};

static void written(void *data, struct plain *plain, unsigned target, int code)
{
	struct sink *sink = data;
	struct err err;

	(void)target;
	if (code) {
		err_sys(&err, code, "writing");
		die(&err);
	}
	pool_give(sink->pool, plain);
}

struct sink *sink_open(const char *device)
{
	struct sink *sink = calloc(1, sizeof(*sink));
	struct writer_options options = {.n_targets = 1, .done = written, .data = sink};
	struct pipeline_job job = {.index = image.index, .n_targets = 1};
	struct err err, why;

	if (!sink)
		abort();
	sink->target =
		(struct pipeline_target){.fd = open(device, O_WRONLY | O_DIRECT | O_CLOEXEC), .name = device};
	if (sink->target.fd < 0) {
		err_sys(&err, errno, "%s", device);
		die(&err);
	}
	options.targets = job.targets = &sink->target;
	crew_init(&sink->crew, &job, image.index->size);
	if (pool_new(&sink->crew, BUFFERS, image.index->chunk_size, &sink->pool, &err) < 0)
		die(&err);
	options.pool = sink->pool;
	memset(pool_arena(sink->pool), 0x5a, pool_count(sink->pool) * pool_size(sink->pool));
	if (writer_new(&options, &sink->writer, &why, &err) < 0)
		die(&err);
	return sink;
}

void *sink_fill(void *data)
{
	const struct index *index = image.index;
	struct sink *sink = data;

	for (uint32_t i = 0; i < index->n_chunks; i++) {
		struct plain *plain;

		if (index->chunks[i].flags & CHUNK_ZERO)
			continue;
		plain = pool_take(sink->pool);
		plain->chunk = i;
		plain->len = index_chunk_len(index, i);
		plain->offset = (uint64_t)i * index->chunk_size;
		atomic_fetch_add(&bytes_done, plain->len);
		writer_submit(sink->writer, plain, 0);
	}
	writer_free(sink->writer);
	if (fsync(sink->target.fd) < 0)
		abort();
	return NULL;
}

void sink_close(struct sink *sink)
{
	pool_free(sink->pool);
	close(sink->target.fd);
	free(sink);
}
