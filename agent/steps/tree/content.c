/* SPDX-License-Identifier: Apache-2.0 */
/* A regular file's content out of the archive: written where it is no hole, and hashed as it will be read. */
#include <archive.h>
#include <fcntl.h>
#include <string.h>

#include "agent/steps/tree/private.h"
#include "core/io.h"
#include "images/tar_read.h"

#define HOLE_STEP (64u * 1024)

/* Files of this size and more go to the medium at once, lest the last flush take them all. */
#define START_WRITING (1u << 20)

struct content {
	struct unpack *u;
	struct archive *archive;
	int fd;
	uint64_t at; /* bytes hashed so far */
	struct sha256_stream *hash;
};

static int add_hole(struct content *c, uint64_t to, struct err *err)
{
	static const uint8_t zeros[HOLE_STEP];

	while (c->at < to) {
		size_t n = to - c->at < HOLE_STEP ? (size_t)(to - c->at) : HOLE_STEP;

		if (c->u->cancelled(c->u->data))
			return err_set(err, ECANCELED, "cancelled");
		sha256_stream_add(c->hash, zeros, n);
		c->at += n;
	}
	return 0;
}

static int add_block(struct content *c, const void *buf, size_t len, int64_t offset, uint64_t size,
		     struct err *err)
{
	int r;

	if (offset < 0 || (uint64_t)offset < c->at || (uint64_t)offset > size ||
	    len > size - (uint64_t)offset)
		return err_set(err, EBADMSG, "its content does not lie in order");
	if ((r = add_hole(c, (uint64_t)offset, err)) < 0)
		return r;
	if ((r = pwrite_full(c->fd, buf, len, (uint64_t)offset, err)) < 0)
		return r;
	sha256_stream_add(c->hash, buf, len);
	c->at += len;
	c->u->bytes += len;
	return 0;
}

static int copy_content(struct content *c, uint64_t size, struct err *err)
{
	const void *buf;
	int64_t offset;
	size_t len;
	int r;

	while ((r = archive_read_data_block(c->archive, &buf, &len, &offset)) == ARCHIVE_OK) {
		if (c->u->cancelled(c->u->data))
			return err_set(err, ECANCELED, "cancelled");
		if (len && (r = add_block(c, buf, len, offset, size, err)) < 0)
			return r;
	}
	if (r != ARCHIVE_EOF)
		return tar_read_failed(c->archive, err);
	if ((r = add_hole(c, size, err)) < 0)
		return r;
	if (ftruncate(c->fd, (off_t)size) < 0)
		return err_sys(err, errno, "its size");
	if (size >= START_WRITING)
		(void)sync_file_range(c->fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* a hint */
	return 0;
}

int unpack_content(struct unpack *u, struct archive *archive, int fd, uint64_t size,
		   uint8_t digest[SHA256_SIZE], struct err *err)
{
	_cleanup_(sha256_stream_freep) struct sha256_stream *hash = sha256_stream_new();
	struct content c = {.u = u, .archive = archive, .fd = fd, .hash = hash};
	int r = copy_content(&c, size, err);

	if (r == 0)
		sha256_stream_end(hash, digest);
	return r;
}
