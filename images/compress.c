/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each lane takes the next chunk, reads, hashes and compresses it, and leaves the frame in a ring of slots. The lane that
 * finds the ring's first frame ready writes all that follow without a gap: the payload is written in order, and no
 * lane waits for a slower one before it but when the ring is full.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <zstd.h>

#include "core/io.h"
#include "images/compress.h"
#include "images/lanes.h"
#include "images/zeros.h"

#define SLOTS_PER_LANE 2
#define FRAME_MAX      ZSTD_COMPRESSBOUND(IMAGE_CHUNK_SIZE)

struct slot {
	uint8_t *own; /* FRAME_MAX bytes, made when first needed */
	const uint8_t
		*frame; /* what is to be written: own, or the packer's frame of zeros; NULL: not ready */
	uint32_t length;
};

struct packer {
	const struct compress_options *options;
	struct index *index;
	uint8_t *zero_frame; /* a whole chunk of zeros, compressed once */
	struct chunk zero;   /* its length and digests */

	pthread_mutex_t lock;
	pthread_cond_t moved; /* next_write rose, or failed was set */
	struct slot *slots;   /* chunk i waits in slot i % n_slots */
	uint32_t n_slots;
	uint32_t next_write; /* first chunk that has not been written */
	uint64_t offset;     /* of its frame in the payload */
	bool writing, failed;
};

DEFINE_CLEANUP(ZSTD_CCtx *, ZSTD_freeCCtx);

static int compress_chunk(ZSTD_CCtx *cctx, const struct packer *p, uint32_t i, const void *plain,
			  uint8_t *frame, struct chunk *ret, struct err *err)
{
	uint32_t len = index_chunk_len(p->index, i);
	/* the frame carries the content's size and no checksum: the index has a better one */
	size_t n = ZSTD_compressCCtx(cctx, frame, FRAME_MAX, plain, len, p->options->level);

	if (ZSTD_isError(n))
		return err_set(err, EIO, "chunk %" PRIu32 ": zstd: %s", i, ZSTD_getErrorName(n));
	ret->length = (uint32_t)n;
	ret->flags = zeros_only(plain, len) ? CHUNK_ZERO : 0;
	sha256(plain, len, ret->plain_sha256);
	sha256(frame, n, ret->frame_sha256);
	return 0;
}

/* Does the chunk lie in a hole? Where the file system cannot say, it is read. */
static bool is_hole(const struct packer *p, uint32_t i)
{
	uint64_t offset = (uint64_t)i * IMAGE_CHUNK_SIZE;
	off_t data = lseek(p->options->disk_fd, (off_t)offset, SEEK_DATA);

	if (data < 0)
		return errno == ENXIO;
	return (uint64_t)data >= offset + index_chunk_len(p->index, i);
}

/* Waits for room in the ring; false when another lane has failed. */
static bool wait_for_slot(struct packer *p, uint32_t i)
{
	bool go;

	pthread_mutex_lock(&p->lock);
	while (!p->failed && i - p->next_write >= p->n_slots)
		pthread_cond_wait(&p->moved, &p->lock);
	go = !p->failed;
	pthread_mutex_unlock(&p->lock);
	return go;
}

static void fail(struct packer *p)
{
	pthread_mutex_lock(&p->lock);
	p->failed = true;
	pthread_cond_broadcast(&p->moved);
	pthread_mutex_unlock(&p->lock);
}

/* Called and left with the lock held, which is not held while writing. */
static int write_ready(struct packer *p, struct err *err)
{
	struct slot *slot = &p->slots[p->next_write % p->n_slots];
	int r = 0;

	while (slot->frame && !p->failed) {
		uint32_t i = p->next_write;
		uint64_t done = (uint64_t)i * IMAGE_CHUNK_SIZE + index_chunk_len(p->index, i);

		p->index->chunks[i].offset = p->offset;
		pthread_mutex_unlock(&p->lock);
		r = write_full(p->options->payload_fd, slot->frame, slot->length, err);
		if (r == 0 && p->options->progress)
			p->options->progress(p->options->data, done, p->index->size);
		pthread_mutex_lock(&p->lock);
		if (r < 0) {
			p->failed = true;
			return r;
		}
		p->offset += slot->length;
		slot->frame = NULL;
		p->next_write++;
		pthread_cond_broadcast(&p->moved);
		slot = &p->slots[p->next_write % p->n_slots];
	}
	return 0;
}

static int hand_over(struct packer *p, uint32_t i, const uint8_t *frame, struct err *err)
{
	struct slot *slot = &p->slots[i % p->n_slots];
	int r = 0;

	pthread_mutex_lock(&p->lock);
	slot->frame = frame;
	slot->length = p->index->chunks[i].length;
	if (!p->writing) {
		p->writing = true;
		r = write_ready(p, err);
		p->writing = false;
	}
	pthread_mutex_unlock(&p->lock);
	return r < 0 ? err_prepend(err, "writing the payload") : 0;
}

static int pack_chunk(struct packer *p, uint32_t i, ZSTD_CCtx *cctx, uint8_t *plain, struct err *err)
{
	uint32_t len = index_chunk_len(p->index, i);
	struct slot *slot = &p->slots[i % p->n_slots];
	struct chunk *chunk = &p->index->chunks[i];
	int r;

	if (len == IMAGE_CHUNK_SIZE && is_hole(p, i)) {
		*chunk = p->zero;
		return hand_over(p, i, p->zero_frame, err);
	}
	r = pread_full(p->options->disk_fd, plain, len, (uint64_t)i * IMAGE_CHUNK_SIZE, err);
	if (r < 0)
		return err_prepend(err, "reading the disk: chunk %" PRIu32, i);
	if (len == IMAGE_CHUNK_SIZE && zeros_only(plain, len)) {
		*chunk = p->zero;
		return hand_over(p, i, p->zero_frame, err);
	}
	if (!slot->own && (r = lane_buffer(FRAME_MAX, &slot->own, err)) < 0)
		return r;
	if ((r = compress_chunk(cctx, p, i, plain, slot->own, chunk, err)) < 0)
		return r;
	return hand_over(p, i, slot->own, err);
}

static int pack_lane(struct lanes *lanes, void *data, struct err *err)
{
	_cleanup_(ZSTD_freeCCtxp) ZSTD_CCtx *cctx = ZSTD_createCCtx();
	_cleanup_free_ uint8_t *plain = NULL;
	struct packer *p = data;
	uint32_t i;
	int r = lane_buffer(IMAGE_CHUNK_SIZE, &plain, err);

	if (r == 0 && !cctx)
		r = err_set(err, ENOMEM, "no memory for a compressor: use fewer --threads");
	while (r == 0 && lanes_next(lanes, &i) && wait_for_slot(p, i))
		r = pack_chunk(p, i, cctx, plain, err);
	if (r < 0)
		fail(p);
	return r;
}

static int make_zero_frame(struct packer *p, struct err *err)
{
	_cleanup_(ZSTD_freeCCtxp) ZSTD_CCtx *cctx = ZSTD_createCCtx();
	_cleanup_free_ uint8_t *plain = xcalloc(1, IMAGE_CHUNK_SIZE);
	int r;

	if ((r = lane_buffer(FRAME_MAX, &p->zero_frame, err)) < 0)
		return r;
	if (!cctx)
		return err_set(err, ENOMEM, "no memory for a compressor");
	if (p->index->size < IMAGE_CHUNK_SIZE)
		return 0; /* the only chunk is a short one */
	return compress_chunk(cctx, p, 0, plain, p->zero_frame, &p->zero, err);
}

static void count_data(struct index *index)
{
	for (uint32_t i = 0; i < index->n_chunks; i++)
		if (!(index->chunks[i].flags & CHUNK_ZERO)) {
			index->data_chunks++;
			index->data_bytes += index->chunks[i].length;
		}
}

static int run(struct packer *p, struct err *err)
{
	unsigned threads = lanes_count(p->options->threads, p->index->n_chunks);
	int r;

	p->n_slots = threads * SLOTS_PER_LANE;
	p->slots = xcalloc(p->n_slots, sizeof(*p->slots));
	if ((r = make_zero_frame(p, err)) < 0)
		return r;
	r = lanes_run(threads, p->index->n_chunks, pack_lane, p, err);
	if (r == 0 && p->next_write != p->index->n_chunks)
		r = err_set(err, EIO, "only %" PRIu32 " of %" PRIu32 " chunks were written", p->next_write,
			    p->index->n_chunks);
	return r;
}

int compress_disk(const struct compress_options *options, struct index **ret, struct err *err)
{
	_cleanup_(index_freep) struct index *index = xcalloc(1, sizeof(*index));
	struct packer p = {.options = options,
			   .index = index,
			   .lock = PTHREAD_MUTEX_INITIALIZER,
			   .moved = PTHREAD_COND_INITIALIZER};
	int r;

	index->size = options->size;
	index->chunk_size = IMAGE_CHUNK_SIZE;
	index->n_chunks = (uint32_t)image_n_chunks(options->size);
	index->chunks = xcalloc(index->n_chunks, sizeof(*index->chunks));
	r = run(&p, err);
	for (uint32_t i = 0; i < p.n_slots; i++)
		free(p.slots[i].own);
	free(p.slots);
	free(p.zero_frame);
	if (r < 0)
		return r;
	count_data(index);
	*ret = TAKE_PTR(index);
	return 0;
}
