/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/io.h"
#include "images/store/copy.h"

#define PIECE (8u << 20) /* bytes between questions whether to go on */

/* Bytes that the kernel has copied; 0: it cannot. */
static uint64_t by_kernel(const struct copy *c, uint64_t at, uint64_t len)
{
	off_t from = (off_t)at, to = (off_t)at;
	ssize_t n = copy_file_range(c->from, &from, c->to, &to, len, 0);

	return n > 0 ? (uint64_t)n : 0;
}

int copy_run(const struct copy *c, struct err *err)
{
	_cleanup_free_ char *buf = xcalloc(1, PIECE);
	bool kernel = true;

	for (uint64_t at = 0; at < c->len;) {
		size_t n = c->len - at < PIECE ? (size_t)(c->len - at) : PIECE;
		uint64_t done = kernel ? by_kernel(c, at, n) : 0;
		int r;

		kernel = done > 0;
		if (!done) {
			if ((r = pread_full(c->from, buf, n, at, err)) < 0 ||
			    (r = pwrite_full(c->to, buf, n, at, err)) < 0)
				return r;
			done = n;
		}
		at += done;
		if (c->progress)
			c->progress(c->data, at);
		if (c->cancelled && c->cancelled(c->cancelled_data))
			return err_set(err, ECANCELED, "cancelled");
	}
	return 0;
}

int copy_equal(int fd, int other, const void *body, uint64_t len, bool *ret, struct err *err)
{
	_cleanup_free_ char *a = xcalloc(1, PIECE), *b = xcalloc(1, PIECE);

	*ret = false;
	for (uint64_t at = 0; at < len;) {
		size_t n = len - at < PIECE ? (size_t)(len - at) : PIECE;
		int r = pread_full(fd, a, n, at, err);

		if (r == 0 && !body)
			r = pread_full(other, b, n, at, err);
		if (r < 0)
			return r;
		if (memcmp(a, body ? (const char *)body + at : b, n) != 0)
			return 0;
		at += n;
	}
	*ret = true;
	return 0;
}
