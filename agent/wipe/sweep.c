/* SPDX-License-Identifier: Apache-2.0 */
/* Two threads keep two requests of 4 MiB in flight, which is what a drive needs to stream. */
#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "agent/hw/block.h"
#include "agent/wipe/sweep.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/time.h"
#include "images/zeros.h"

enum { IN_FLIGHT = 2, REQUEST = 4 << 20, SECTIONS = 1000 };

struct sweep {
	const struct medium *medium;
	bool writing;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t next, done;  /* bytes handed out; bytes finished */
	uint64_t nonzero_at;  /* UINT64_MAX: none yet */
	unsigned running;     /* threads */
	struct err first_err; /* the first failure; code 0 until then */
};

/* The next request's offset and length; false when there is none, or nothing more to learn. */
static bool take(struct sweep *s, uint64_t *offset, size_t *len)
{
	bool more;

	pthread_mutex_lock(&s->lock);
	more = s->next < s->medium->size && s->first_err.code == 0 && s->nonzero_at == UINT64_MAX;
	if (more) {
		*offset = s->next;
		*len = s->medium->size - s->next < REQUEST ? s->medium->size - s->next : REQUEST;
		s->next += *len;
	}
	pthread_mutex_unlock(&s->lock);
	return more;
}

static void finished(struct sweep *s, uint64_t offset, size_t len, bool zero, const struct err *err)
{
	pthread_mutex_lock(&s->lock);
	if (err->code && s->first_err.code == 0)
		s->first_err = *err;
	if (!err->code)
		s->done += len;
	if (!zero && offset < s->nonzero_at)
		s->nonzero_at = offset;
	pthread_mutex_unlock(&s->lock);
}

static void *sweeper(void *data)
{
	struct sweep *s = data;
	_cleanup_free_ void *buf = block_buffer(REQUEST);
	uint64_t offset;
	size_t len;
	int r;

	memset(buf, 0, REQUEST);
	while (take(s, &offset, &len)) {
		struct err err = {0};

		if (s->writing)
			r = pwrite_full(s->medium->fd, buf, len, offset, &err);
		else
			r = pread_full(s->medium->fd, buf, len, offset, &err);
		if (r < 0)
			err_prepend(&err, "at byte %" PRIu64, offset);
		finished(s, offset, len, r < 0 || s->writing || zeros_only(buf, len), &err);
	}
	pthread_mutex_lock(&s->lock);
	s->running--;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* Tells of the progress until the last thread has ended. */
static void attend(struct sweep *s, sweep_progress progress, void *data)
{
	struct timespec until;
	uint64_t done;

	pthread_mutex_lock(&s->lock);
	while (s->running > 0) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 250 * 1000 * 1000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&s->changed, &s->lock, &until);
		done = s->done;
		pthread_mutex_unlock(&s->lock);
		if (progress)
			progress(data, done, s->medium->size);
		pthread_mutex_lock(&s->lock);
	}
	pthread_mutex_unlock(&s->lock);
}

static int sweep_run(struct sweep *s, sweep_progress progress, void *data, struct err *err)
{
	pthread_t threads[IN_FLIGHT];
	unsigned i, n = 0;

	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	s->nonzero_at = UINT64_MAX;
	for (i = 0; i < IN_FLIGHT; i++) {
		pthread_mutex_lock(&s->lock);
		s->running++;
		pthread_mutex_unlock(&s->lock);
		if (pthread_create(&threads[n], NULL, sweeper, s) == 0) {
			n++;
			continue;
		}
		pthread_mutex_lock(&s->lock);
		s->running--;
		pthread_mutex_unlock(&s->lock);
	}
	attend(s, progress, data);
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	if (n == 0)
		return err_set(err, EAGAIN, "no thread could be started");
	if (s->first_err.code) {
		*err = s->first_err;
		return -err->code;
	}
	return 0;
}

int sweep_zero(const struct medium *medium, sweep_progress progress, void *data, struct err *err)
{
	struct sweep s = {.medium = medium, .writing = true};
	int r = sweep_run(&s, progress, data, err);

	if (r < 0)
		return err_prepend(err, "writing zeros");
	if (fsync(medium->fd) < 0)
		return err_sys(err, errno, "flushing the zeros");
	return 0;
}

int sweep_read(const struct medium *medium, sweep_progress progress, void *data, struct sweep_seen *ret,
	       struct err *err)
{
	struct sweep s = {.medium = medium};
	int r = sweep_run(&s, progress, data, err);

	if (r < 0)
		return err_prepend(err, "reading back");
	ret->bytes_read = s.done;
	ret->zero = s.nonzero_at == UINT64_MAX;
	ret->nonzero_at = ret->zero ? 0 : s.nonzero_at;
	return 0;
}

static int sample(const struct medium *medium, uint64_t lba, void *buf, struct sweep_seen *seen,
		  struct err *err)
{
	int r = pread_full(medium->fd, buf, medium->block, lba * medium->block, err);

	if (r < 0)
		return err_prepend(err, "sampling block %" PRIu64, lba);
	seen->bytes_read += medium->block;
	if (seen->zero && !zeros_only(buf, medium->block)) {
		seen->zero = false;
		seen->nonzero_at = lba * medium->block;
	}
	return 0;
}

/* One sample in each half of [from, to). */
static int sample_section(const struct medium *medium, uint64_t from, uint64_t to, void *buf,
			  struct sweep_seen *seen, struct err *err)
{
	uint64_t random[2], half = (to - from) / 2;
	int r;

	random_bytes(random, sizeof(random));
	if ((r = sample(medium, from + random[0] % half, buf, seen, err)) < 0)
		return r;
	return sample(medium, from + half + random[1] % (to - from - half), buf, seen, err);
}

int sweep_sample(const struct medium *medium, sweep_progress progress, void *data, struct sweep_seen *ret,
		 struct err *err)
{
	_cleanup_free_ void *buf = block_buffer(medium->block);
	uint64_t blocks = medium->size / medium->block;
	struct sweep_seen seen = {.zero = true};
	unsigned i;
	int r;

	if (blocks < 2 * SECTIONS)
		return sweep_read(medium, progress, data, ret, err);
	if ((r = sample(medium, 0, buf, &seen, err)) < 0 ||
	    (r = sample(medium, blocks - 1, buf, &seen, err)) < 0)
		return r;
	for (i = 0; i < SECTIONS; i++) {
		r = sample_section(medium, (uint64_t)((unsigned __int128)blocks * i / SECTIONS),
				   (uint64_t)((unsigned __int128)blocks * (i + 1) / SECTIONS), buf, &seen,
				   err);
		if (r < 0)
			return r;
		if (progress && i % 16 == 0)
			progress(data, i, SECTIONS);
	}
	*ret = seen;
	return 0;
}
