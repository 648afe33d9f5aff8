/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chunks of zeros, neighbours together: left where the medium reads zero, else made by the device, else written. One thread for each
 * target, because a device may take its time over it while the writes go on.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/hw/block/block.h"
#include "agent/pipeline/stages.h"
#include "core/io.h"

/*
 * A step down is for good: a device that refuses once has no such command. Between unmapping to zeros and plain zeros a drive gets
 * "zero range": since it has refused to unmap to zeros, which the kernel does by the same command, the kernel will write them, from one
 * page of its own. In a file it is the file system's own answer, without data.
 */
enum rung { PUNCH, ZERO_RANGE, PLAIN };

struct zeroer {
	struct target *t;
	enum rung rung;
	bool block;
	bool leave; /* proven to read zero; not what a resumed run has just seen to differ */
};

/* Bytes of a request: what may have to be waited for after a cancel. */
#define DEVICE_MAX  (256ull << 20)
#define WRITTEN_MAX (16ull << 20)
#define PLAIN_BYTES (1u << 20)

int zeros_write(const struct pipeline_target *to, uint64_t offset, uint64_t len, struct err *err)
{
	_cleanup_free_ void *zeros = block_buffer(PLAIN_BYTES);
	int r;

	memset(zeros, 0, PLAIN_BYTES);
	while (len > 0) {
		size_t n = len < PLAIN_BYTES ? len : PLAIN_BYTES;

		if ((r = pwrite_full(to->fd, zeros, n, offset, err)) < 0)
			return r;
		offset += n;
		len -= n;
	}
	return 0;
}

/* *ret_made: the device made them itself. */
static int make_zeros(struct zeroer *z, uint64_t offset, uint64_t len, bool *ret_made, struct err *err)
{
	struct err refused = {0}; /* told by the next rung if it matters */
	int fd = z->t->to->fd;

	*ret_made = true;
	if (z->rung == PUNCH && block_punch(fd, offset, len, &refused) < 0)
		z->rung = ZERO_RANGE;
	else if (z->rung == PUNCH)
		return 0;
	*ret_made = !z->block;
	if (z->rung == ZERO_RANGE && block_zero_range(fd, offset, len, &refused) < 0)
		z->rung = PLAIN;
	else if (z->rung == ZERO_RANGE)
		return 0;
	*ret_made = false;
	return zeros_write(z->t->to, offset, len, err);
}

static uint32_t run_end(const struct zeroer *z, uint32_t first)
{
	const struct index *index = z->t->run->job->index;
	uint64_t most = z->rung == PUNCH ? DEVICE_MAX : WRITTEN_MAX;
	uint32_t i = first + 1;

	while (i < index->n_chunks && chunk_is_zero(index, i) && bits_get(z->t->due, i) &&
	       (uint64_t)(i + 1 - first) * index->chunk_size <= most)
		i++;
	return i;
}

static bool stopped(struct target *t)
{
	return crew_stopped(&t->run->crew);
}

static void zero_run(struct zeroer *z, uint32_t first, uint32_t end)
{
	const struct index *index = z->t->run->job->index;
	struct pipeline_target_result *ret = z->t->ret;
	uint64_t at = chunk_offset(index, first);
	uint64_t len = (uint64_t)(end - 1 - first) * index->chunk_size + index_chunk_len(index, end - 1);
	struct err err = {0};
	bool made = false;

	if (!z->leave && make_zeros(z, at, len, &made, &err) < 0) {
		err_prepend(&err, "zeros from chunk %" PRIu32 " at byte %" PRIu64 " on", first, at);
		target_lose(z->t, &err);
		return;
	}
	for (uint32_t i = first; i < end; i++)
		if (z->leave)
			target_settle(z->t, i, &ret->zeros_left, false);
		else
			target_settle(z->t, i, made ? &ret->zeroed : &ret->written, !made);
}

void *zeroer_run(void *data)
{
	struct target *t = data;
	const struct index *index = t->run->job->index;
	struct zeroer z = {.t = t, .leave = t->to->reads_zero && !t->run->job->resume};
	struct stat st;
	uint32_t end;

	z.block = !fstat(t->to->fd, &st) && S_ISBLK(st.st_mode);
	for (uint32_t i = 1; i < index->n_chunks && !stopped(t); i = end) {
		end = i + 1;
		if (!chunk_is_zero(index, i) || !bits_get(t->due, i))
			continue;
		end = run_end(&z, i);
		if (target_lost(t))
			crew_done(&t->run->crew, chunk_offset(index, end) - chunk_offset(index, i));
		else
			zero_run(&z, i, end);
	}
	run_produced(t->run);
	crew_leave(&t->run->crew);
	return NULL;
}
