/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching: runs of neighbouring frames in one range each, cut into frames as they arrive, taken up again after a break. */
#include <inttypes.h>
#include <string.h>

#include "agent/pipeline/stages.h"
#include "core/http.h"
#include "core/io.h"

enum {
	WRONG_ANSWERS_MAX = 5, /* in a row, without a byte of progress between them */
	PAUSE_MS = 250,        /* after the first break; doubled with each ... */
	PAUSE_MAX_MS = 15000,  /* ... up to this */
	NOTE_EVERY = 4,        /* breaks between two notes, once they repeat */
};
#define RUN_BYTES \
	(32ull << 20) /* a range's frames: bounds what a broken transfer can make worthless to a cache */

struct fetch {
	struct pipeline *p;
	struct http *http;
	uint32_t next, end; /* chunks whose frames are missing */
	uint8_t *frame;     /* of chunk `next`, as far as received; NULL: none begun */
	uint32_t received;  /* bytes of it */
	/* Takes the whole frame of a chunk over. */
	int (*deliver)(struct fetch *f, uint32_t chunk, uint8_t *frame);
	uint8_t *wanted; /* fetch_again(): where the frame goes */
};

static bool stopped(void *data)
{
	struct pipeline *p = data;

	return crew_stopped(&p->crew);
}

/* Waits until the frame fits into what frames may take: this holds back the server when the disk is slower. */
static uint8_t *room_for_frame(struct pipeline *p, uint32_t len)
{
	uint8_t *frame = NULL;

	pthread_mutex_lock(&p->crew.lock);
	while (!p->crew.stopped && p->frame_room < len)
		pthread_cond_wait(&p->crew.changed, &p->crew.lock);
	if (!p->crew.stopped) {
		p->frame_room -= len;
		frame = xcalloc(1, len);
	}
	pthread_mutex_unlock(&p->crew.lock);
	return frame;
}

static int into_queue(struct fetch *f, uint32_t chunk, uint8_t *frame)
{
	struct load *load = xcalloc(1, sizeof(*load));

	*load = (struct load){.p = f->p, .chunk = chunk, .frame = frame};
	crew_pending(&f->p->crew, 1);
	return workq_add(f->p->placers, load);
}

static int into_place(struct fetch *f, uint32_t chunk, uint8_t *frame)
{
	memcpy(f->wanted, frame, f->p->job->index->chunks[chunk].length);
	free(frame);
	return 0;
}

/* One frame's worth of what arrived; *len is what is left of it. */
static int take_bytes(struct fetch *f, const uint8_t **buf, size_t *len, struct err *err)
{
	uint32_t length = f->p->job->index->chunks[f->next].length, n;

	if (!f->frame) {
		/* the second copy of a damaged frame is small change against the room of the first, which it may not wait for */
		f->frame = f->wanted ? xcalloc(1, length) : room_for_frame(f->p, length);
		f->received = 0;
		if (!f->frame)
			return err_set(err, ECANCELED, "stopped");
	}
	n = length - f->received < *len ? length - f->received : (uint32_t)*len;
	memcpy(f->frame + f->received, *buf, n);
	f->received += n;
	*buf += n;
	*len -= n;
	if (f->received == length && f->deliver(f, f->next++, TAKE_PTR(f->frame)) < 0)
		return err_set(err, ECANCELED, "stopped");
	return 0;
}

static int sink(void *data, const void *buf, size_t len, struct err *err)
{
	struct fetch *f = data;
	const uint8_t *at = buf;
	int r;

	pthread_mutex_lock(&f->p->crew.lock);
	f->p->fetched_bytes += len;
	pthread_mutex_unlock(&f->p->crew.lock);
	while (len > 0)
		if ((r = take_bytes(f, &at, &len, err)) < 0)
			return r;
	return 0;
}

static void give_room(struct pipeline *p, uint32_t len)
{
	pthread_mutex_lock(&p->crew.lock);
	p->frame_room += len;
	pthread_cond_broadcast(&p->crew.changed);
	pthread_mutex_unlock(&p->crew.lock);
}

/* A frame that was cut off is begun anew. */
static void forget_frame(struct fetch *f)
{
	if (!f->frame)
		return;
	free(TAKE_PTR(f->frame));
	if (!f->wanted)
		give_room(f->p, f->p->job->index->chunks[f->next].length);
}

static void note_break(struct fetch *f, unsigned breaks, const struct err *err)
{
	char text[512];

	pthread_mutex_lock(&f->p->crew.lock);
	f->p->retries++;
	pthread_mutex_unlock(&f->p->crew.lock);
	if (breaks % NOTE_EVERY != 1)
		return;
	snprintf(text, sizeof(text), "chunk %" PRIu32 ": %.400s; trying again", f->next, err->text);
	crew_note(&f->p->crew, text);
}

/* Is it worth another attempt? A silent or broken server always is; one that answers wrongly only a few times. */
static bool may_try_again(struct fetch *f, unsigned wrong, const struct err *err)
{
	if (crew_stopped(&f->p->crew) || err->code == ECANCELED)
		return false;
	return wrong < WRONG_ANSWERS_MAX;
}

/* All frames from f->next up to f->end. */
static int fetch_frames(struct fetch *f, struct err *err)
{
	const struct chunk *chunks = f->p->job->index->chunks;
	unsigned breaks = 0, wrong = 0;
	uint64_t from, to;
	uint32_t before;
	int r;

	while (f->next < f->end) {
		before = f->next;
		from = chunks[f->next].offset;
		to = chunks[f->end - 1].offset + chunks[f->end - 1].length;
		r = http_fetch_range(f->http, f->p->job->url, from, to - from, sink, f, err);
		forget_frame(f);
		if (r == 0)
			continue;
		if (f->next > before)
			breaks = wrong = 0;
		if (!http_transient(r))
			wrong++;
		if (!may_try_again(f, wrong, err))
			return err_prepend(err, "chunk %" PRIu32, f->next);
		note_break(f, ++breaks, err);
		crew_pause(&f->p->crew, breaks > 6 ? PAUSE_MAX_MS : (unsigned)PAUSE_MS << (breaks - 1));
	}
	return 0;
}

static bool is_zero(const struct index *index, uint32_t i)
{
	return i < index->n_chunks && index->chunks[i].flags & CHUNK_ZERO;
}

/* The next chunks of one kind, at most a range's worth; false when all are taken. */
static bool take_run(struct pipeline *p, uint32_t *first, uint32_t *end, bool *zeros)
{
	const struct index *index = p->job->index;
	uint64_t bytes = 0;
	uint32_t i;

	pthread_mutex_lock(&p->crew.lock);
	i = p->next;
	while (p->job->medium_reads_zero && i > 0 && is_zero(index, i))
		i++;
	*first = i;
	*zeros = is_zero(index, i);
	while (i < index->n_chunks && is_zero(index, i) == *zeros && bytes < RUN_BYTES) {
		bytes += index->chunks[i++].length;
		if (*zeros && p->job->medium_reads_zero)
			break; /* only the first chunk gets here, for its place in memory */
	}
	*end = p->next = i;
	pthread_mutex_unlock(&p->crew.lock);
	return *first < *end;
}

static int fetch_runs(struct fetch *f, struct err *err)
{
	bool zeros;
	int r;

	while (!crew_stopped(&f->p->crew) && take_run(f->p, &f->next, &f->end, &zeros)) {
		for (; zeros && f->next < f->end; f->next++)
			if (into_queue(f, f->next, NULL) < 0)
				return err_set(err, ECANCELED, "stopped");
		if ((r = fetch_frames(f, err)) < 0)
			return r;
	}
	return 0;
}

static int new_client(struct pipeline *p, struct http **ret, struct err *err)
{
	const struct http_options options = {
		.ca_pem = p->job->ca_pem, .cancelled = stopped, .cancelled_data = p};

	return http_new(&options, ret, err);
}

void *fetcher_run(void *data)
{
	struct fetch f = {.p = data, .deliver = into_queue};
	struct err err = {0};

	if (new_client(f.p, &f.http, &err) < 0 || fetch_runs(&f, &err) < 0)
		crew_fail(&f.p->crew, &err);
	http_free(f.http);
	crew_leave(&f.p->crew);
	return NULL;
}

int fetch_again(struct pipeline *p, uint32_t chunk, uint8_t *frame, struct err *err)
{
	struct fetch f = {.p = p, .next = chunk, .end = chunk + 1, .deliver = into_place, .wanted = frame};
	_cleanup_(http_freep) struct http *http = NULL;
	int r;

	if ((r = new_client(p, &http, err)) < 0)
		return r;
	f.http = http;
	return fetch_frames(&f, err);
}
