/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delivering chunks in rising order to one taker. Workers decode ahead as far as there are buffers; frames beyond that are held, in their
 * slots. The delivering thread decodes the very next chunk itself, in a buffer of its own, when a worker has not: so it never waits for
 * a buffer that later chunks hold.
 */
#include <sys/mman.h>

#include "agent/hw/block/block.h"
#include "agent/pipeline/stages.h"
#include "core/io.h"
#include "images/decode.h"

struct held {
	struct held *next;
	struct frame frame;
};

struct sink {
	struct run *run;
	void *zeros, *own; /* a chunk's room each */
	/* below: with crew.lock held */
	struct plain **ready; /* by chunk */
	struct held *held;    /* in rising order */
	unsigned takers;      /* workers that wait for frames */
	bool over;            /* there are no more frames to take */
};

struct sink *sink_new(struct run *run)
{
	struct sink *sink = xcalloc(1, sizeof(*sink));
	const struct index *index = run->job->index;

	sink->run = run;
	sink->ready = xcalloc(index->n_chunks, sizeof(*sink->ready));
	sink->own = block_buffer(index->chunk_size);
	/* never written to: the kernel's one page of zeros */
	sink->zeros = mmap(NULL, index->chunk_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (sink->zeros == MAP_FAILED)
		abort();
	return sink;
}

void sink_free(struct sink *sink)
{
	struct held *held;

	if (!sink)
		return;
	while ((held = sink->held)) {
		sink->held = held->next;
		free(held);
	}
	munmap(sink->zeros, sink->run->job->index->chunk_size);
	free(sink->own);
	free(sink->ready);
	free(sink);
}

static void hold(struct sink *sink, const struct frame *frame)
{
	struct held *held = xcalloc(1, sizeof(*held)), **at;

	held->frame = *frame;
	pthread_mutex_lock(&sink->run->crew.lock);
	for (at = &sink->held; *at && (*at)->frame.chunk < frame->chunk; at = &(*at)->next)
		;
	held->next = *at;
	*at = held;
	pthread_cond_broadcast(&sink->run->crew.changed);
	pthread_mutex_unlock(&sink->run->crew.lock);
}

/* With crew.lock held, and a frame. */
static struct frame unhold(struct sink *sink)
{
	struct held *held = sink->held;
	struct frame frame = held->frame;

	sink->held = held->next;
	free(held);
	return frame;
}

enum turn { TURN_DECODE, TURN_TAKE, TURN_END };

/* One worker always waits for frames, so that the next one is not left lying; the others for buffers. */
static enum turn next_turn(struct sink *sink, struct frame *frame, struct plain **plain)
{
	struct crew *crew = &sink->run->crew;
	enum turn turn = TURN_END;

	pthread_mutex_lock(&crew->lock);
	while (!crew->stopped) {
		if (sink->held && (*plain = pool_try(sink->run->pool))) {
			*frame = unhold(sink);
			turn = TURN_DECODE;
			break;
		}
		if (!sink->over && (!sink->held || !sink->takers)) {
			sink->takers++;
			turn = TURN_TAKE;
			break;
		}
		if (sink->over && !sink->held)
			break;
		pthread_cond_wait(&crew->changed, &crew->lock);
	}
	pthread_mutex_unlock(&crew->lock);
	return turn;
}

static void decode_ahead(struct sink *sink, struct decoder *decoder, const struct frame *frame,
			 struct plain *plain)
{
	struct crew *crew = &sink->run->crew;

	if (!worker_decode(sink->run, decoder, frame, plain->bytes)) {
		pool_give(sink->run->pool, plain);
		return;
	}
	pthread_mutex_lock(&crew->lock);
	sink->ready[frame->chunk] = plain;
	pthread_cond_broadcast(&crew->changed);
	pthread_mutex_unlock(&crew->lock);
}

static void take_frame(struct sink *sink)
{
	struct crew *crew = &sink->run->crew;
	struct frame frame;
	bool more = frames_take(sink->run->frames, &frame);

	if (more)
		hold(sink, &frame);
	pthread_mutex_lock(&crew->lock);
	sink->takers--;
	sink->over = sink->over || !more;
	pthread_cond_broadcast(&crew->changed);
	pthread_mutex_unlock(&crew->lock);
}

void sink_work(struct run *run, struct decoder *decoder)
{
	struct plain *plain = NULL;
	struct frame frame = {0};
	enum turn turn;

	while ((turn = next_turn(run->sink, &frame, &plain)) != TURN_END)
		if (turn == TURN_DECODE)
			decode_ahead(run->sink, decoder, &frame, plain);
		else
			take_frame(run->sink);
}

/* The chunk decoded by a worker, or its frame; false when the crew has stopped. */
static bool wait_for(struct sink *sink, uint32_t chunk, struct plain **ret_plain, struct frame *ret_frame)
{
	struct crew *crew = &sink->run->crew;
	bool on;

	pthread_mutex_lock(&crew->lock);
	while (!crew->stopped && !sink->ready[chunk] && !(sink->held && sink->held->frame.chunk == chunk))
		pthread_cond_wait(&crew->changed, &crew->lock);
	on = !crew->stopped;
	*ret_plain = on ? TAKE_PTR(sink->ready[chunk]) : NULL;
	if (on && !*ret_plain)
		*ret_frame = unhold(sink);
	pthread_mutex_unlock(&crew->lock);
	return on;
}

static bool give_out(struct sink *sink, const void *plain, uint32_t len)
{
	const struct pipeline_job *job = sink->run->job;
	struct err err = {0};

	if (job->sink(job->data, plain, len, &err) < 0) {
		crew_fail(&sink->run->crew, &err);
		return false;
	}
	crew_done(&sink->run->crew, len);
	return true;
}

static bool deliver(struct sink *sink, struct decoder *decoder, uint32_t chunk)
{
	const struct index *index = sink->run->job->index;
	uint32_t len = index_chunk_len(index, chunk);
	struct plain *plain;
	struct frame frame;
	bool r;

	if (chunk_is_zero(index, chunk))
		return give_out(sink, sink->zeros, len);
	do
		if (!wait_for(sink, chunk, &plain, &frame))
			return false;
	while (!plain && !worker_decode(sink->run, decoder, &frame, sink->own));
	r = give_out(sink, plain ? plain->bytes : sink->own, len);
	if (plain)
		pool_give(sink->run->pool, plain);
	return r;
}

void *sink_run(void *data)
{
	struct run *run = data;
	_cleanup_(decoder_freep) struct decoder *decoder = NULL;
	struct err err = {0};
	uint32_t chunk = 0;

	if (decoder_new(&decoder, &err) < 0)
		crew_fail(&run->crew, &err);
	else
		while (chunk < run->job->index->n_chunks && !crew_stopped(&run->crew) &&
		       deliver(run->sink, decoder, chunk))
			chunk++;
	crew_leave(&run->crew);
	return NULL;
}
