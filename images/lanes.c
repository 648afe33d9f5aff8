/* SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "core/io.h"
#include "core/workq.h"
#include "images/lanes.h"

#define LANES_MAX 256
#define HUGE_PAGE ((size_t)2 << 20) /* bytes */

struct lanes {
	uint32_t n_chunks;
	atomic_uint_fast64_t next; /* wider than a chunk's number, so that it cannot wrap */
	atomic_bool failed;
	int (*lane)(struct lanes *lanes, void *data, struct err *err);
	void *data;
};

unsigned lanes_count(unsigned threads, uint32_t n_chunks)
{
	cpu_set_t cpus;

	if (threads == 0)
		threads = sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? (unsigned)CPU_COUNT(&cpus) : 1;
	if (threads > n_chunks)
		threads = n_chunks;
	return threads < 1 ? 1 : threads > LANES_MAX ? LANES_MAX : threads;
}

bool lanes_next(struct lanes *lanes, uint32_t *ret_i)
{
	uint64_t i;

	if (atomic_load(&lanes->failed))
		return false;
	i = atomic_fetch_add(&lanes->next, 1);
	if (i >= lanes->n_chunks)
		return false;
	*ret_i = (uint32_t)i;
	return true;
}

int lane_buffer(size_t len, uint8_t **ret, struct err *err)
{
	*ret = aligned_alloc(HUGE_PAGE, (len + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
	if (!*ret)
		return err_set(err, ENOMEM, "no memory for %zu bytes of a chunk: use fewer --threads", len);
	/* zstd looks back at random places: with small pages that costs 5 % of packing. A kernel without huge ones is slower */
	(void)madvise(*ret, len / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
	return 0;
}

static int run_lane(void *item, struct err *err)
{
	struct lanes *lanes = item;
	int r = lanes->lane(lanes, lanes->data, err);

	if (r < 0)
		atomic_store(&lanes->failed, true);
	return r;
}

/* The lanes are this function's caller's; a lane that is never run leaves nothing behind. */
static void drop_lane(void *item)
{
	(void)item;
}

int lanes_run(unsigned threads, uint32_t n_chunks,
	      int (*lane)(struct lanes *lanes, void *data, struct err *err), void *data, struct err *err)
{
	struct lanes lanes = {.n_chunks = n_chunks, .lane = lane, .data = data};
	unsigned n = lanes_count(threads, n_chunks);
	struct workq *q;
	int r;

	if ((r = workq_new(n, n, run_lane, drop_lane, &q, err)) < 0)
		return r;
	for (unsigned i = 0; i < n; i++)
		if (workq_add(q, &lanes) < 0)
			break; /* a lane has failed already: workq_finish() says why */
	return workq_finish(q, err);
}
