/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The io_uring writer: buffers and files registered, so that a write pins no page and looks up no file. Any thread submits, under a
 * lock; one thread takes what is complete, and continues what was written in part. A chunk goes in pieces that the device takes
 * as one request: a longer one would be split by the kernel, which it does not do without a helper thread of its own.
 */
#include <liburing.h>
#include <string.h>
#include <time.h>

#include "agent/hw/block/block.h"
#include "agent/pipeline/writer.h"
#include "core/io.h"
#include "core/log.h"

enum {
	PIECES_MAX = 16,      /* of a chunk */
	ENTRIES_MAX = 1024,   /* of the ring */
	SUBMIT_TRIES = 10000, /* a millisecond apart, while the kernel is short of memory */
	AGAIN_MAX = 10000,    /* a millisecond apart, that a piece may be put off in a row */
};

struct op; /* a chunk on its way to a target */

struct piece {
	struct op *op;
	uint32_t at, len; /* bytes of the chunk that are still to be written */
	unsigned agains;
};

struct op {
	struct plain *plain;
	unsigned target, left; /* pieces */
	int code;              /* the first error */
	struct piece pieces[PIECES_MAX];
};

struct uring {
	struct writer base;
	struct io_uring ring;
	pthread_t reaper;
	bool fixed_buffers;
	uint32_t piece[PIPELINE_TARGETS_MAX]; /* bytes of a piece for each target */
	pthread_mutex_t lock;                 /* the submission side, and below */
	pthread_cond_t idle;
	unsigned under_way; /* ops */
	struct op ops[];    /* for each buffer, for each target */
};

static void pause_ms(void)
{
	const struct timespec ms = {.tv_nsec = 1000000};

	nanosleep(&ms, NULL);
}

/* With the lock held. 0, or the negative error with which the kernel does not take what is in the submission queue. */
static int push(struct uring *u)
{
	int r = 0;

	for (unsigned tries = 0; io_uring_sq_ready(&u->ring) > 0 && tries < SUBMIT_TRIES; tries++) {
		r = io_uring_submit(&u->ring);
		if (r >= 0)
			continue;
		if (r != -EAGAIN && r != -EBUSY && r != -EINTR)
			return r;
		pause_ms();
	}
	return r < 0 ? r : 0;
}

static struct io_uring_sqe *next_sqe(struct uring *u)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);

	if (!sqe && push(u) == 0)
		sqe = io_uring_get_sqe(&u->ring);
	return sqe;
}

/* With the lock held. A piece that cannot be queued is complete with an error. */
static int queue_piece(struct uring *u, struct piece *piece)
{
	const struct op *op = piece->op;
	const uint8_t *from = op->plain->bytes + piece->at;
	struct io_uring_sqe *sqe = next_sqe(u);

	if (!sqe)
		return -EAGAIN;
	if (u->fixed_buffers)
		io_uring_prep_write_fixed(sqe, (int)op->target, from, piece->len,
					  op->plain->offset + piece->at, 0);
	else
		io_uring_prep_write(sqe, (int)op->target, from, piece->len, op->plain->offset + piece->at);
	io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
	io_uring_sqe_set_data(sqe, piece);
	return 0;
}

/* The piece is over; with the lock held. Returns the op when it was its last. */
static struct op *end_piece(struct piece *piece, int code)
{
	struct op *op = piece->op;

	if (code && !op->code)
		op->code = code;
	return --op->left == 0 ? op : NULL;
}

static void end_op(struct uring *u, struct op *op)
{
	const struct writer_options *o = &u->base.options;

	o->done(o->data, op->plain, op->target, op->code);
	pthread_mutex_lock(&u->lock);
	if (--u->under_way == 0)
		pthread_cond_signal(&u->idle);
	pthread_mutex_unlock(&u->lock);
}

/*
 * With the lock held. What the kernel refuses to take is over with its error; what it has not read of the queue may be taken back.
 * Returns an op that is over thereby.
 */
static struct op *push_or_drop(struct uring *u)
{
	struct io_uring_sq *sq = &u->ring.sq;
	struct op *over = NULL, *op;
	int r = push(u);

	if (r == 0)
		return NULL;
	for (unsigned i = *sq->khead; i != sq->sqe_tail; i++) {
		op = end_piece((struct piece *)(uintptr_t)sq->sqes[i & *sq->kring_mask].user_data, -r);
		over = op ? op : over;
	}
	sq->sqe_tail = sq->sqe_head = *sq->ktail = *sq->khead;
	return over;
}

static struct op *again(struct uring *u, struct piece *piece)
{
	int r = queue_piece(u, piece);

	return r < 0 ? end_piece(piece, -r) : push_or_drop(u);
}

/* res: bytes, or a negative error. */
static void complete(struct uring *u, struct piece *piece, int res)
{
	struct op *op = NULL;
	/* The kernel takes back what a thread has queued when that thread ends, as a decoder's does: the reaper asks for it anew. */
	bool later = res == -EAGAIN || res == -EINTR || res == -ECANCELED;

	if (later)
		pause_ms();
	pthread_mutex_lock(&u->lock);
	if (!later)
		piece->agains = 0;
	else if (piece->agains++ < AGAIN_MAX)
		res = 0;
	if (res == 0 && !later)
		res = -ENOSPC; /* the device's end */
	if (res > 0) {
		piece->at += (uint32_t)res;
		piece->len -= (uint32_t)res;
	}
	if (res < 0 || piece->len == 0)
		op = end_piece(piece, res < 0 ? -res : 0);
	else
		op = again(u, piece);
	pthread_mutex_unlock(&u->lock);
	if (op)
		end_op(u, op);
}

static void *reaper_run(void *data)
{
	struct uring *u = data;
	struct io_uring_cqe *cqe;
	struct piece *piece;
	int r, res;

	for (;;) {
		r = io_uring_wait_cqe(&u->ring, &cqe);
		if (r == -EINTR || r == -EAGAIN)
			continue;
		if (r < 0) {
			/* the ring is gone, and with it what is known of the buffers that the kernel reads */
			log_error("io_uring: waiting for writes: %s", strerror(-r));
			abort();
		}
		piece = io_uring_cqe_get_data(cqe);
		res = cqe->res;
		io_uring_cqe_seen(&u->ring, cqe);
		if (!piece)
			return NULL;
		complete(u, piece, res);
	}
}

static void uring_submit(struct writer *writer, struct plain *plain, unsigned target)
{
	struct uring *u = (struct uring *)writer;
	struct op *op = &u->ops[plain->n * writer->options.n_targets + target], *over = NULL;
	uint32_t piece = u->piece[target], at = 0;
	int r;

	pthread_mutex_lock(&u->lock);
	u->under_way++;
	*op = (struct op){.plain = plain, .target = target, .left = 1};
	for (unsigned i = 0; at < plain->len; i++) {
		uint32_t n = plain->len - at < piece ? plain->len - at : piece;

		op->pieces[i] = (struct piece){.op = op, .at = at, .len = n};
		op->left++;
		at += n;
		if ((r = queue_piece(u, &op->pieces[i])) < 0)
			(void)end_piece(&op->pieces[i], -r);
	}
	(void)push_or_drop(u); /* left counts one more than the pieces: it is not over here */
	if (--op->left == 0)
		over = op;
	pthread_mutex_unlock(&u->lock);
	if (over)
		end_op(u, over);
}

/* A piece: what one request takes, a power of two, so that pieces stay aligned to whatever the device likes. */
static void choose_pieces(struct uring *u)
{
	const struct writer_options *o = &u->base.options;
	size_t whole = pool_size(o->pool);

	for (unsigned i = 0; i < o->n_targets; i++) {
		uint32_t most = block_request_max(o->targets[i].fd), piece = 4096;

		if (most == 0 || most >= whole)
			most = (uint32_t)whole;
		while (piece * 2 <= most)
			piece *= 2;
		while ((whole + piece - 1) / piece > PIECES_MAX)
			piece *= 2;
		u->piece[i] = most == whole ? (uint32_t)whole : piece;
	}
}

static int register_all(struct uring *u, struct err *err)
{
	const struct writer_options *o = &u->base.options;
	const struct iovec arena = {pool_arena(o->pool), pool_count(o->pool) * pool_size(o->pool)};
	int fds[PIPELINE_TARGETS_MAX], r;

	for (unsigned i = 0; i < o->n_targets; i++)
		fds[i] = o->targets[i].fd;
	if ((r = io_uring_register_files(&u->ring, fds, o->n_targets)) < 0)
		return err_sys(err, -r, "registering files with io_uring");
	/* where memory may not be locked, each write pins its pages instead */
	u->fixed_buffers = io_uring_register_buffers(&u->ring, &arena, 1) == 0;
	return 0;
}

/* A filter of system calls may let it be set up and not be used. */
static int try_ring(struct uring *u, struct err *err)
{
	struct io_uring_cqe *cqe = NULL;
	int r;

	io_uring_prep_nop(io_uring_get_sqe(&u->ring));
	r = io_uring_submit_and_wait(&u->ring, 1);
	if (r >= 0)
		r = io_uring_peek_cqe(&u->ring, &cqe);
	if (r < 0)
		return err_sys(err, -r, "using io_uring");
	io_uring_cqe_seen(&u->ring, cqe);
	return 0;
}

static int set_up_ring(struct uring *u, unsigned ops, struct err *err)
{
	unsigned entries = ops * PIECES_MAX < ENTRIES_MAX ? ops * PIECES_MAX : ENTRIES_MAX;
	struct io_uring_params params = {.flags = IORING_SETUP_CLAMP};
	int r = io_uring_queue_init_params(entries, &u->ring, &params);

	if (r < 0)
		return err_sys(err, -r, "setting io_uring up");
	if (!(params.features & IORING_FEAT_NODROP))
		r = err_set(err, ENOSYS, "the kernel's io_uring may lose completions");
	else if ((r = register_all(u, err)) == 0)
		r = try_ring(u, err);
	if (r < 0)
		io_uring_queue_exit(&u->ring);
	return r;
}

static int uring_new(const struct writer_options *options, struct writer **ret, struct err *err)
{
	unsigned ops = pool_count(options->pool) * options->n_targets;
	_cleanup_free_ struct uring *u = xcalloc(1, sizeof(*u) + ops * sizeof(struct op));
	int r;

	u->base = (struct writer){.kind = &writer_uring, .options = *options};
	choose_pieces(u);
	if ((r = set_up_ring(u, ops, err)) < 0)
		return r;
	pthread_mutex_init(&u->lock, NULL);
	pthread_cond_init(&u->idle, NULL);
	if ((r = pthread_create(&u->reaper, NULL, reaper_run, u))) {
		io_uring_queue_exit(&u->ring);
		return err_sys(err, r, "starting a thread");
	}
	*ret = &TAKE_PTR(u)->base;
	return 0;
}

static void uring_free(struct writer *writer)
{
	struct uring *u = (struct uring *)writer;
	struct io_uring_sqe *sqe;

	pthread_mutex_lock(&u->lock);
	while (u->under_way > 0)
		pthread_cond_wait(&u->idle, &u->lock);
	if (!(sqe = next_sqe(u)))
		abort(); /* the kernel takes nothing from an empty ring any more */
	io_uring_prep_nop(sqe);
	io_uring_sqe_set_data(sqe, NULL);
	if (push(u) < 0)
		abort();
	pthread_mutex_unlock(&u->lock);
	pthread_join(u->reaper, NULL);
	io_uring_queue_exit(&u->ring);
	pthread_cond_destroy(&u->idle);
	pthread_mutex_destroy(&u->lock);
	free(u);
}

const struct writer_kind writer_uring = {
	.name = "io_uring",
	.make = uring_new,
	.submit = uring_submit,
	.free = uring_free,
};
