/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/wipe/sweep.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "agent/hw/block/block.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/time.h"
#include "images/zeros.h"

#define TELL_NS      250000000u       /* between two looks at the progress */
#define STREAM_WHICH (UINT64_MAX - 1) /* of the key's streams; the markers' are others (marker.c) */

struct pass {
	const struct sweep *sweep;
	bool writing;
	enum sweep_content content;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t next, done; /* bytes handed out; bytes finished */
	uint64_t differs_at; /* UINT64_MAX: nowhere yet */
	struct look look;
	unsigned running;     /* threads */
	struct err first_err; /* the first failure; code 0 until then */
};

struct sweeper {
	struct pass *pass;
	struct stream *stream; /* NULL: not needed */
	pthread_t thread;
};

/* The next request's offset and length; false when there is none, or nothing more to learn. */
static bool take(struct pass *p, uint64_t *offset, size_t *len)
{
	uint64_t size = p->sweep->medium.size;
	bool more;

	pthread_mutex_lock(&p->lock);
	more = p->next < size && p->first_err.code == 0 && p->differs_at == UINT64_MAX;
	if (more) {
		*offset = p->next;
		*len = size - p->next < SWEEP_REQUEST ? size - p->next : SWEEP_REQUEST;
		p->next += *len;
	}
	pthread_mutex_unlock(&p->lock);
	return more;
}

static void finished(struct pass *p, uint64_t offset, size_t len, bool as_expected, const struct look *look,
		     const struct err *err)
{
	pthread_mutex_lock(&p->lock);
	if (err->code && p->first_err.code == 0)
		p->first_err = *err;
	if (!err->code)
		p->done += len;
	if (!as_expected && offset < p->differs_at)
		p->differs_at = offset;
	look_add(&p->look, look);
	pthread_mutex_unlock(&p->lock);
}

static void make_stream(const struct sweep *sweep, struct stream *stream, uint64_t offset, void *buf,
			size_t len)
{
	stream_fill(stream, sweep->key, STREAM_WHICH, offset, buf, len);
}

/* Is what was read what should stand there? `scratch` holds as much; NULL where zeros are expected. */
static bool is_expected(const struct sweep *sweep, enum sweep_content content, struct stream *stream,
			uint64_t offset, const void *seen, void *scratch, size_t len)
{
	if (content == SWEEP_ZEROS || !scratch)
		return zeros_only(seen, len);
	make_stream(sweep, stream, offset, scratch, len);
	return memcmp(seen, scratch, len) == 0;
}

static int write_one(struct sweeper *w, uint64_t offset, void *buf, size_t len, struct err *err)
{
	const struct pass *p = w->pass;

	if (p->content == SWEEP_STREAM) /* zeros are in the buffer already */
		make_stream(p->sweep, w->stream, offset, buf, len);
	return pwrite_full(p->sweep->medium.fd, buf, len, offset, err);
}

static void *sweeper_main(void *data)
{
	struct sweeper *w = data;
	struct pass *p = w->pass;
	uint64_t all = p->sweep->medium.size;
	size_t most = all < SWEEP_REQUEST ? (size_t)all : SWEEP_REQUEST;
	bool compares = !p->writing && p->content == SWEEP_STREAM;
	_cleanup_free_ void *buf = block_buffer(most), *scratch = compares ? block_buffer(most) : NULL;
	uint64_t offset;
	size_t len;
	int r;

	memset(buf, 0, most);
	while (take(p, &offset, &len)) {
		struct look look = {0};
		struct err err = {0};
		bool as_expected = true;

		if (p->writing)
			r = write_one(w, offset, buf, len, &err);
		else
			r = pread_full(p->sweep->medium.fd, buf, len, offset, &err);
		if (r < 0)
			err_prepend(&err, "at byte %" PRIu64, offset);
		if (r == 0 && !p->writing) {
			as_expected = is_expected(p->sweep, p->content, w->stream, offset, buf, scratch, len);
			if (p->content == SWEEP_ZEROS)
				look_at(&look, buf, len, p->sweep->medium.block);
		}
		finished(p, offset, len, as_expected, &look, &err);
	}
	pthread_mutex_lock(&p->lock);
	p->running--;
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Tells of the progress until the last thread has ended. */
static void attend(struct pass *p)
{
	const struct sweep *sweep = p->sweep;
	uint64_t done;

	pthread_mutex_lock(&p->lock);
	while (p->running > 0) {
		struct timespec until = monotonic_in_ns(TELL_NS);

		pthread_cond_timedwait(&p->changed, &p->lock, &until);
		done = p->done;
		pthread_mutex_unlock(&p->lock);
		if (sweep->progress)
			sweep->progress(sweep->data, done, sweep->medium.size);
		pthread_mutex_lock(&p->lock);
	}
	pthread_mutex_unlock(&p->lock);
}

static int pass_run(struct pass *p, struct err *err)
{
	struct sweeper sweepers[SWEEP_THREADS];
	unsigned i, n = 0;

	pthread_mutex_init(&p->lock, NULL);
	cond_init_monotonic(&p->changed);
	p->differs_at = UINT64_MAX;
	p->running = SWEEP_THREADS;
	for (i = 0; i < SWEEP_THREADS; i++) {
		sweepers[n] = (struct sweeper){.pass = p,
					       .stream = p->sweep->streams ? p->sweep->streams[i] : NULL};
		if (pthread_create(&sweepers[n].thread, NULL, sweeper_main, &sweepers[n]) == 0) {
			n++;
			continue;
		}
		pthread_mutex_lock(&p->lock);
		p->running--;
		pthread_mutex_unlock(&p->lock);
	}
	attend(p);
	for (i = 0; i < n; i++)
		pthread_join(sweepers[i].thread, NULL);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	if (n == 0)
		return err_set(err, EAGAIN, "no thread could be started");
	if (p->first_err.code) {
		*err = p->first_err;
		return -err->code;
	}
	return 0;
}

int sweep_write(const struct sweep *sweep, enum sweep_content content, struct err *err)
{
	const char *what = content == SWEEP_STREAM ? "the stream" : "zeros";
	struct pass p = {.sweep = sweep, .writing = true, .content = content};
	int r = pass_run(&p, err);

	if (r < 0)
		return err_prepend(err, "writing %s", what);
	if (fsync(sweep->medium.fd) < 0)
		return err_sys(err, errno, "flushing %s", what);
	return 0;
}

int sweep_read(const struct sweep *sweep, enum sweep_content expect, struct sweep_seen *ret, struct err *err)
{
	struct pass p = {.sweep = sweep, .content = expect};
	int r = pass_run(&p, err);

	if (r < 0)
		return err_prepend(err, "reading back");
	*ret = (struct sweep_seen){
		.bytes_read = p.done,
		.as_expected = p.differs_at == UINT64_MAX,
		.differs_at = p.differs_at == UINT64_MAX ? 0 : p.differs_at,
		.look = p.look,
	};
	return 0;
}

struct sampler {
	const struct sweep *sweep;
	enum sweep_content expect;
	void *buf, *scratch; /* a block each */
	struct sweep_seen seen;
};

static int sample(struct sampler *s, uint64_t lba, struct err *err)
{
	const struct medium *m = &s->sweep->medium;
	int r = pread_full(m->fd, s->buf, m->block, lba * m->block, err);

	if (r < 0)
		return err_prepend(err, "sampling block %" PRIu64, lba);
	s->seen.samples++;
	s->seen.bytes_read += m->block;
	look_at(&s->seen.look, s->buf, m->block, m->block);
	if (s->seen.as_expected &&
	    !is_expected(s->sweep, s->expect, s->sweep->streams ? s->sweep->streams[0] : NULL, lba * m->block,
			 s->buf, s->scratch, m->block)) {
		s->seen.as_expected = false;
		s->seen.differs_at = lba * m->block;
	}
	return 0;
}

/* One sample in each half of [from, to). */
static int sample_section(struct sampler *s, uint64_t from, uint64_t to, struct err *err)
{
	uint64_t random[2], half = (to - from) / 2;
	int r;

	random_bytes(random, sizeof(random));
	if ((r = sample(s, from + random[0] % half, err)) < 0)
		return r;
	return sample(s, from + half + random[1] % (to - from - half), err);
}

int sweep_sample(const struct sweep *sweep, enum sweep_content expect, struct sweep_seen *ret,
		 struct err *err)
{
	_cleanup_free_ void *buf = block_buffer(sweep->medium.block),
			    *scratch = block_buffer(sweep->medium.block);
	struct sampler s = {.sweep = sweep, .expect = expect, .buf = buf, .scratch = scratch};
	uint64_t blocks = sweep->medium.size / sweep->medium.block, between = blocks - 2;
	int r;

	if (blocks < 2 * SWEEP_SECTIONS + 2)
		return sweep_read(sweep, expect, ret, err);
	s.seen = (struct sweep_seen){.sampled = true, .as_expected = true};
	if ((r = sample(&s, 0, err)) < 0 || (r = sample(&s, blocks - 1, err)) < 0)
		return r;
	for (unsigned i = 0; i < SWEEP_SECTIONS; i++) {
		/* the first and the last block have been: none is read, and counted, twice */
		r = sample_section(&s, 1 + (uint64_t)((unsigned __int128)between * i / SWEEP_SECTIONS),
				   1 + (uint64_t)((unsigned __int128)between * (i + 1) / SWEEP_SECTIONS),
				   err);
		if (r < 0)
			return r;
		if (sweep->progress && i % 16 == 0)
			sweep->progress(sweep->data, i, SWEEP_SECTIONS);
	}
	*ret = s.seen;
	return 0;
}

double sweep_detects(unsigned samples)
{
	return samples ? 1 - pow(0.05, 1.0 / samples) : 1;
}
