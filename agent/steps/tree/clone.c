/* SPDX-License-Identifier: Apache-2.0 */
/* Past the page cache, with one buffer for each side. */
#include "agent/steps/tree/clone.h"

#include <fcntl.h>
#include <string.h>

#include "agent/hw/block/block.h"
#include "core/io.h"

#define STEP (1u << 20) /* bytes at a time */

static int open_direct(const char *path, int flags, struct err *err)
{
	int fd = open(path, flags | O_DIRECT | O_CLOEXEC);

	return fd < 0 ? err_sys(err, errno, "open %s", path) : fd;
}

static int clone_step(struct clone *c, int from, int to, void *ours, void *theirs, uint64_t at,
		      struct err *err)
{
	size_t n = c->size - at < STEP ? (size_t)(c->size - at) : STEP;
	int r;

	if (c->cancelled(c->data))
		return err_set(err, ECANCELED, "cancelled");
	if ((r = pread_full(from, ours, n, at, err)) < 0) {
		c->from_failed = true;
		return r;
	}
	if ((r = pread_full(to, theirs, n, at, err)) < 0)
		return r;
	return memcmp(ours, theirs, n) == 0 ? 0 : pwrite_full(to, ours, n, at, err);
}

int clone_partition(struct clone *c, struct err *err)
{
	_cleanup_close_ int from = open_direct(c->from, O_RDONLY, err), to = -EBADF;
	_cleanup_free_ void *ours = block_buffer(STEP), *theirs = block_buffer(STEP);
	int r = 0;

	c->from_failed = from < 0;
	if (from < 0)
		return from;
	if ((to = open_direct(c->to, O_RDWR, err)) < 0)
		return to;
	for (uint64_t at = 0; r == 0 && at < c->size; at += STEP) {
		r = clone_step(c, from, to, ours, theirs, at, err);
		c->progress(c->data, at);
	}
	if (r == 0)
		r = block_flush(to, err);
	return r == -ECANCELED || r == 0 ? r : err_prepend(err, "%s to %s", c->from, c->to);
}
