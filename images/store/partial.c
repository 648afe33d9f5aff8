/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/types.h>
#include <zstd.h>

#include "core/io.h"
#include "images/lanes.h"
#include "images/store/partial.h"

struct partial {
	const struct index *index;
	int fd;
	bool *have;                 /* n_chunks */
	atomic_uint_fast64_t bytes; /* of the frames that are there */
	uint32_t next;              /* chunk whose frame is being received */
	size_t fill;                /* bytes of it in buf */
	uint8_t *buf;
};

int partial_new(const struct index *index, uint64_t payload_size, int fd, struct partial **ret,
		struct err *err)
{
	_cleanup_(partial_freep) struct partial *f = xcalloc(1, sizeof(*f));

	if (ftruncate(fd, (off_t)payload_size) < 0)
		return err_sys(err, errno, "a payload of %" PRIu64 " bytes", payload_size);
	f->index = index;
	f->fd = fd;
	f->have = xcalloc(index->n_chunks, sizeof(*f->have));
	f->buf = xcalloc(1, ZSTD_COMPRESSBOUND(IMAGE_CHUNK_SIZE));
	*ret = TAKE_PTR(f);
	return 0;
}

void partial_free(struct partial *f)
{
	if (!f)
		return;
	free(f->have);
	free(f->buf);
	free(f);
}

static bool frame_good(const struct chunk *chunk, const void *frame)
{
	uint8_t digest[SHA256_SIZE];

	sha256(frame, chunk->length, digest);
	return !memcmp(digest, chunk->frame_sha256, SHA256_SIZE);
}

/* No frame is all zeros: one that begins in a hole which reaches beyond its end is missing. */
static bool in_hole(const struct partial *f, const struct chunk *chunk)
{
	off_t data = lseek(f->fd, (off_t)chunk->offset, SEEK_DATA);

	return data < 0 ? errno == ENXIO : (uint64_t)data >= chunk->offset + chunk->length;
}

static int find_lane(struct lanes *lanes, void *data, struct err *err)
{
	struct partial *f = data;
	_cleanup_free_ uint8_t *frame = NULL;
	uint32_t i;
	int r = lane_buffer(ZSTD_COMPRESSBOUND(IMAGE_CHUNK_SIZE), &frame, err);

	while (r == 0 && lanes_next(lanes, &i)) {
		const struct chunk *c = &f->index->chunks[i];

		if (in_hole(f, c))
			continue;
		r = pread_full(f->fd, frame, c->length, c->offset, err);
		if (r == 0 && frame_good(c, frame)) {
			f->have[i] = true;
			atomic_fetch_add(&f->bytes, c->length);
		}
	}
	return r;
}

int partial_find(struct partial *f, unsigned threads, struct err *err)
{
	return lanes_run(threads, f->index->n_chunks, find_lane, f, err);
}

bool partial_missing(const struct partial *f, uint64_t *ret_offset, uint64_t *ret_len)
{
	uint32_t i = 0, end;

	while (i < f->index->n_chunks && f->have[i])
		i++;
	if (i == f->index->n_chunks)
		return false;
	for (end = i; end + 1 < f->index->n_chunks && !f->have[end + 1];)
		end++;
	*ret_offset = f->index->chunks[i].offset;
	*ret_len = f->index->chunks[end].offset + f->index->chunks[end].length - *ret_offset;
	return true;
}

uint64_t partial_have(const struct partial *f)
{
	return atomic_load(&f->bytes);
}

void partial_seek(struct partial *f, uint64_t offset)
{
	f->fill = 0;
	for (f->next = 0; f->next < f->index->n_chunks && f->index->chunks[f->next].offset < offset;)
		f->next++;
}

static int take_frame(struct partial *f, struct err *err)
{
	const struct chunk *c = &f->index->chunks[f->next];
	int r;

	if (!frame_good(c, f->buf))
		return err_set(err, EBADMSG, "chunk %" PRIu32 ": SHA-256 mismatch", f->next);
	if ((r = pwrite_full(f->fd, f->buf, c->length, c->offset, err)) < 0)
		return r;
	f->have[f->next++] = true;
	f->fill = 0;
	atomic_fetch_add(&f->bytes, c->length);
	return 0;
}

int partial_take(struct partial *f, const void *buf, size_t len, struct err *err)
{
	const uint8_t *p = buf;

	while (len) {
		size_t want, n;
		int r;

		if (f->next == f->index->n_chunks)
			return err_set(err, EPROTO, "more bytes than the payload has");
		want = f->index->chunks[f->next].length - f->fill;
		n = len < want ? len : want;
		memcpy(f->buf + f->fill, p, n);
		f->fill += n;
		p += n;
		len -= n;
		if (n == want && (r = take_frame(f, err)) < 0)
			return r;
	}
	return 0;
}
