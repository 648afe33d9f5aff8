/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each lane takes the next chunk, reads (of a stream: one lane at a time), hashes and compresses it, and leaves the frame in a ring of slots. The lane that
 * finds the ring's first frame ready writes all that follow without a gap: the payload is written in order, and no
 * lane waits for a slower one before it but when the ring is full.
 */
#include <fcntl.h>
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
#define BEHIND         (16u << 20) /* bytes that are written before the disk is told to begin with them */

struct slot {
	uint8_t *own; /* FRAME_MAX bytes, made when first needed */
	const uint8_t
		*frame; /* what is to be written: own, or the packer's frame of zeros; NULL: not ready */
	uint32_t plain_len;
	struct chunk chunk; /* but for its offset */
};

struct packer {
	const struct compress_options *options;
	struct index *index; /* with a stream it grows as chunks are written */
	uint32_t capacity;   /* entries that index->chunks has room for */
	uint8_t *zero_frame; /* a whole chunk of zeros, compressed once */
	struct chunk zero;   /* its length and digests */

	pthread_mutex_t lock;
	pthread_cond_t moved; /* next_write rose, or failed was set */
	struct slot *slots;   /* chunk i waits in slot i % n_slots */
	uint32_t n_slots;
	uint32_t next_write; /* first chunk that has not been written */
	uint64_t offset;     /* of its frame in the payload */
	uint64_t begun,
		gone; /* bytes of the payload that the disk has been told to write; whose pages were given back */
	bool writing, failed;

	pthread_mutex_t reading; /* of the stream */
	uint64_t taken;          /* bytes read from it */
	bool ended;
};

/* A plain chunk in a lane's buffer, or in a hole. */
struct plain {
	uint32_t i, len;
	uint8_t *buf;
	bool hole;
};

DEFINE_CLEANUP(ZSTD_CCtx *, ZSTD_freeCCtx);

static int compress_chunk(ZSTD_CCtx *cctx, const struct packer *p, const struct plain *plain, uint8_t *frame,
			  struct chunk *ret, struct err *err)
{
	/* the frame carries the content's size and no checksum: the index has a better one */
	size_t n = ZSTD_compressCCtx(cctx, frame, FRAME_MAX, plain->buf, plain->len, p->options->level);

	if (ZSTD_isError(n))
		return err_set(err, EIO, "chunk %" PRIu32 ": zstd: %s", plain->i, ZSTD_getErrorName(n));
	ret->length = (uint32_t)n;
	ret->flags = zeros_only(plain->buf, plain->len) ? CHUNK_ZERO : 0;
	sha256(plain->buf, plain->len, ret->plain_sha256);
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

/* The slot's chunk becomes the index's next. */
static int append(struct packer *p, const struct slot *slot, struct err *err)
{
	struct index *index = p->index;

	if (p->next_write == p->capacity) {
		uint32_t capacity = p->capacity ? 2 * p->capacity : 256;
		struct chunk *chunks = reallocarray(index->chunks, capacity, sizeof(*chunks));

		if (!chunks)
			return err_set(err, ENOMEM, "no memory for an index of %" PRIu32 " chunks", capacity);
		index->chunks = chunks;
		p->capacity = capacity;
	}
	index->chunks[p->next_write] = slot->chunk;
	index->chunks[p->next_write].offset = p->offset;
	return 0;
}

/*
 * The disk writes while there is still something to compress, not all of it in the flush at the end. The kernel tells a descriptor of a
 * failed write once: what is told here, that flush does not tell again. Pages that are on the disk are given
 * back: the next ones take their place, rather than memory that nobody has touched, which costs a virtual machine 10 % of packing.
 */
static int write_behind(struct packer *p, uint64_t end, struct err *err)
{
	int fd = p->options->payload_fd, r;

	if (end - p->begun < BEHIND)
		return 0;
	r = sync_file_range(fd, (off_t)p->begun, (off_t)(end - p->begun), SYNC_FILE_RANGE_WRITE);
	if (r == 0 && p->begun >= 3 * BEHIND) {
		off_t from = (off_t)p->gone, len = (off_t)(p->begun - 2 * BEHIND) - from;

		r = sync_file_range(fd, from, len,
				    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
					    SYNC_FILE_RANGE_WAIT_AFTER);
		(void)posix_fadvise(fd, from, len, POSIX_FADV_DONTNEED);
		p->gone += (uint64_t)len;
	}
	p->begun = end;
	return r < 0 && errno != ENOSYS ? err_sys(err, errno, "flush") : 0;
}

static int write_frame(struct packer *p, const struct slot *slot, uint64_t done, struct err *err)
{
	const struct compress_options *o = p->options;
	int r = write_full(o->payload_fd, slot->frame, slot->chunk.length, err);

	if (r == 0)
		r = write_behind(p, p->offset + slot->chunk.length, err);
	if (r == 0 && o->progress)
		o->progress(o->data, done, o->size);
	return r;
}

/* Called and left with the lock held, which is not held while writing. */
static int write_ready(struct packer *p, struct err *err)
{
	struct slot *slot = &p->slots[p->next_write % p->n_slots];
	int r = 0;

	while (slot->frame && !p->failed) {
		uint64_t done = (uint64_t)p->next_write * IMAGE_CHUNK_SIZE + slot->plain_len;

		if ((r = append(p, slot, err)) == 0) {
			pthread_mutex_unlock(&p->lock);
			r = write_frame(p, slot, done, err);
			pthread_mutex_lock(&p->lock);
		}
		if (r < 0) {
			p->failed = true;
			return r;
		}
		p->offset += slot->chunk.length;
		slot->frame = NULL;
		p->next_write++;
		pthread_cond_broadcast(&p->moved);
		slot = &p->slots[p->next_write % p->n_slots];
	}
	return 0;
}

static int hand_over(struct packer *p, const struct plain *plain, const uint8_t *frame, struct err *err)
{
	struct slot *slot = &p->slots[plain->i % p->n_slots];
	int r = 0;

	pthread_mutex_lock(&p->lock);
	slot->frame = frame;
	slot->plain_len = plain->len;
	if (!p->writing) {
		p->writing = true;
		r = write_ready(p, err);
		p->writing = false;
	}
	pthread_mutex_unlock(&p->lock);
	return r < 0 ? err_prepend(err, "%s", p->options->payload) : 0;
}

static int pack_chunk(struct packer *p, const struct plain *plain, ZSTD_CCtx *cctx, struct err *err)
{
	struct slot *slot = &p->slots[plain->i % p->n_slots];
	int r;

	if (plain->len == IMAGE_CHUNK_SIZE && (plain->hole || zeros_only(plain->buf, plain->len))) {
		slot->chunk = p->zero;
		return hand_over(p, plain, p->zero_frame, err);
	}
	if (!slot->own && (r = lane_buffer(FRAME_MAX, &slot->own, err)) < 0)
		return r;
	if ((r = compress_chunk(cctx, p, plain, slot->own, &slot->chunk, err)) < 0)
		return r;
	return hand_over(p, plain, slot->own, err);
}

/* Returns 1, or 0 when there is no further chunk. */
static int next_of_disk(struct lanes *lanes, struct packer *p, struct plain *plain, struct err *err)
{
	int r;

	if (!lanes_next(lanes, &plain->i))
		return 0;
	plain->len = index_chunk_len(p->index, plain->i);
	plain->hole = plain->len == IMAGE_CHUNK_SIZE && is_hole(p, plain->i);
	if (plain->hole)
		return 1;
	r = pread_full(p->options->disk_fd, plain->buf, plain->len, (uint64_t)plain->i * IMAGE_CHUNK_SIZE,
		       err);
	return r < 0 ? err_prepend(err, "%s: chunk %" PRIu32, p->options->disk, plain->i) : 1;
}

/* The same; chunks are numbered as they are read. */
static int next_of_stream(struct lanes *lanes, struct packer *p, struct plain *plain, struct err *err)
{
	size_t len = 0;
	int r = 0;

	pthread_mutex_lock(&p->reading);
	if (!p->ended && lanes_next(lanes, &plain->i)) {
		r = p->options->read(p->options->stream, plain->buf, IMAGE_CHUNK_SIZE, &len, err);
		p->taken += len;
		if (r == 0 && p->taken > IMAGE_SIZE_MAX)
			r = err_set(err, EFBIG, "more than %llu bytes", IMAGE_SIZE_MAX);
		p->ended = r < 0 || len < IMAGE_CHUNK_SIZE;
	}
	pthread_mutex_unlock(&p->reading);
	plain->len = (uint32_t)len;
	plain->hole = false;
	return r < 0 ? r : len > 0;
}

static int pack_lane(struct lanes *lanes, void *data, struct err *err)
{
	_cleanup_(ZSTD_freeCCtxp) ZSTD_CCtx *cctx = ZSTD_createCCtx();
	_cleanup_free_ uint8_t *buf = NULL;
	struct packer *p = data;
	struct plain plain = {0};
	int r = lane_buffer(IMAGE_CHUNK_SIZE, &buf, err);

	plain.buf = buf;
	if (r == 0 && !cctx)
		r = err_set(err, ENOMEM, "no memory for a compressor: use fewer --threads");
	while (r == 0) {
		if (p->options->cancelled && p->options->cancelled(p->options->data)) {
			r = err_set(err, ECANCELED, "cancelled");
			break;
		}
		r = p->options->read ? next_of_stream(lanes, p, &plain, err)
				     : next_of_disk(lanes, p, &plain, err);
		if (r <= 0 || !wait_for_slot(p, plain.i))
			break;
		r = pack_chunk(p, &plain, cctx, err);
	}
	if (r < 0)
		fail(p);
	return r < 0 ? r : 0;
}

static int make_zero_frame(struct packer *p, struct err *err)
{
	_cleanup_(ZSTD_freeCCtxp) ZSTD_CCtx *cctx = ZSTD_createCCtx();
	_cleanup_free_ uint8_t *buf = xcalloc(1, IMAGE_CHUNK_SIZE);
	const struct plain plain = {.len = IMAGE_CHUNK_SIZE, .buf = buf};
	int r;

	if ((r = lane_buffer(FRAME_MAX, &p->zero_frame, err)) < 0)
		return r;
	if (!cctx)
		return err_set(err, ENOMEM, "no memory for a compressor");
	return compress_chunk(cctx, p, &plain, p->zero_frame, &p->zero, err);
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
	uint32_t n_chunks = p->options->read ? UINT32_MAX : p->index->n_chunks;
	unsigned threads = lanes_count(p->options->threads, n_chunks);
	int r;

	p->n_slots = threads * SLOTS_PER_LANE;
	p->slots = xcalloc(p->n_slots, sizeof(*p->slots));
	if ((r = make_zero_frame(p, err)) < 0 || (r = lanes_run(threads, n_chunks, pack_lane, p, err)) < 0)
		return r;
	if (p->options->read) {
		p->index->size = p->taken;
		p->index->n_chunks = (uint32_t)image_n_chunks(p->taken);
	}
	if (p->next_write != p->index->n_chunks)
		return err_set(err, EIO, "only %" PRIu32 " of %" PRIu32 " chunks were written", p->next_write,
			       p->index->n_chunks);
	return p->index->n_chunks ? 0 : err_set(err, EINVAL, "there is nothing to pack");
}

int compress_image(const struct compress_options *options, struct index **ret, struct err *err)
{
	_cleanup_(index_freep) struct index *index = xcalloc(1, sizeof(*index));
	struct packer p = {.options = options,
			   .index = index,
			   .lock = PTHREAD_MUTEX_INITIALIZER,
			   .moved = PTHREAD_COND_INITIALIZER,
			   .reading = PTHREAD_MUTEX_INITIALIZER};
	int r;

	index->size = options->read ? 0 : options->size;
	index->chunk_size = IMAGE_CHUNK_SIZE;
	index->n_chunks = (uint32_t)image_n_chunks(index->size);
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
