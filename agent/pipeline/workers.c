/* SPDX-License-Identifier: Apache-2.0 */
/* Workers: a frame is checked and decoded into a buffer, and the buffer goes to each target that needs it; nothing is copied. */
#include <inttypes.h>

#include "agent/pipeline/stages.h"
#include "images/decode.h"

/* With crew.lock held. One target less for this buffer; the last gives it back. */
static bool last_ref(struct plain *plain)
{
	return --plain->refs == 0;
}

static void release(struct run *run, struct plain *plain)
{
	pool_give(run->pool, plain);
	crew_pending(&run->crew, -1);
}

void worker_written(void *data, struct plain *plain, unsigned target, int code)
{
	struct run *run = data;
	struct target *t = &run->targets[target];
	struct err err = {0};
	bool last;

	if (code) {
		err_sys(&err, code, "writing chunk %" PRIu32 " at byte %" PRIu64, plain->chunk,
			plain->offset);
		target_lose(t, &err);
		crew_done(&run->crew, plain->len);
	} else {
		target_settle(t, plain->chunk, &t->ret->written, true);
	}
	pthread_mutex_lock(&run->crew.lock);
	last = last_ref(plain);
	pthread_mutex_unlock(&run->crew.lock);
	if (last)
		release(run, plain);
}

/* To every target that is whole and has not got it. */
static void hand_on(struct run *run, struct plain *plain)
{
	bool last, to[PIPELINE_TARGETS_MAX] = {false};

	pthread_mutex_lock(&run->crew.lock);
	plain->refs = 1; /* ours */
	run->crew.pending++;
	for (unsigned i = 0; i < run->n_targets && !run->crew.stopped; i++) {
		bool due = bits_get(run->targets[i].due, plain->chunk);

		to[i] = due && !run->targets[i].lost;
		plain->refs += to[i];
		if (due && !to[i])
			run->crew.done += plain->len;
	}
	pthread_mutex_unlock(&run->crew.lock);
	for (unsigned i = 0; i < run->n_targets; i++)
		if (to[i])
			writer_submit(run->writer, plain, i);
	pthread_mutex_lock(&run->crew.lock);
	last = last_ref(plain);
	pthread_mutex_unlock(&run->crew.lock);
	if (last)
		release(run, plain);
}

bool worker_decode(struct run *run, struct decoder *decoder, const struct frame *frame, void *to)
{
	struct err err = {0};
	int r = decoder_run(decoder, run->job->index, frame->chunk, frame->bytes, to, &err);

	if (r == -EBADMSG) {
		frames_bad(run->frames, frame, &err);
		return false;
	}
	if (r < 0)
		crew_fail(&run->crew, &err);
	frames_done(run->frames, frame);
	return r == 0;
}

static void place(struct run *run, struct decoder *decoder, const struct frame *frame)
{
	const struct index *index = run->job->index;
	struct plain *plain;

	if (frame->chunk == 0) {
		if (worker_decode(run, decoder, frame, run->ret->first_chunk))
			crew_done(&run->crew, (uint64_t)index_chunk_len(index, 0) * run->n_targets);
		return;
	}
	plain = pool_take(run->pool);
	if (!plain) {
		frames_done(run->frames, frame);
		return;
	}
	plain->chunk = frame->chunk;
	plain->len = index_chunk_len(index, frame->chunk);
	plain->offset = chunk_offset(index, frame->chunk);
	if (worker_decode(run, decoder, frame, plain->bytes))
		hand_on(run, plain);
	else
		pool_give(run->pool, plain);
}

void *decoder_loop(void *data)
{
	struct run *run = data;
	_cleanup_(decoder_freep) struct decoder *decoder = NULL;
	struct err err = {0};
	struct frame frame;

	if (decoder_new(&decoder, &err) < 0)
		crew_fail(&run->crew, &err);
	else if (run->sink)
		sink_work(run, decoder);
	else
		while (frames_take(run->frames, &frame))
			place(run, decoder, &frame);
	run_produced(run);
	crew_leave(&run->crew);
	return NULL;
}
