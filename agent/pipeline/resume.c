/* SPDX-License-Identifier: Apache-2.0 */
/* After a run that was cut off: what is on the disks already is kept, whatever wrote it, because it is what the index says. */
#include <fcntl.h>

#include "agent/pipeline/stages.h"

/* A chunk that cannot be read may still be written: that will tell. */
static void seen(struct target *t, uint32_t chunk, int r, const struct err *err)
{
	(void)err;
	if (r == 0)
		target_settle(t, chunk, &t->ret->kept, false);
}

int resume_scan(struct run *run, struct err *err)
{
	struct scan scan = {.run = run, .seen = seen};
	int r;

	for (unsigned n = 0; n < run->n_targets; n++) {
		scan.which[n] = run->targets[n].due;
		/* without direct I/O: what a failed flush has lost still reads well from memory, and no later one tells of it */
		(void)posix_fadvise(run->targets[n].to->fd, 0, 0, POSIX_FADV_DONTNEED);
	}
	if ((r = scan_all(&scan, err)) < 0)
		return r;
	for (unsigned n = 0; n < run->n_targets; n++)
		for (uint32_t i = 1; i < run->job->index->n_chunks; i++)
			if (bits_get(run->targets[n].settled, i))
				bits_unset(run->targets[n].due, i);
	return 0;
}
