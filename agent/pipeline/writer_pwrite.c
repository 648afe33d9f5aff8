/* SPDX-License-Identifier: Apache-2.0 */
/* The plain writer: a few threads for each target, each in one pwrite(2) at a time. */
#include "agent/pipeline/writer.h"
#include "core/io.h"

enum { THREADS = 4 }; /* a target: that many chunks are under way to it at once */

struct lane {
	struct pwriter *w;
	unsigned target;
	pthread_t threads[THREADS];
	unsigned n_threads;
	/* below: with lock held */
	struct plain **queue; /* ring of pool_count() */
	unsigned first, n;
};

struct pwriter {
	struct writer base;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool ending; /* with lock held */
	struct lane lanes[PIPELINE_TARGETS_MAX];
};

static struct plain *next_plain(struct lane *lane)
{
	struct pwriter *w = lane->w;
	struct plain *plain = NULL;

	pthread_mutex_lock(&w->lock);
	while (!lane->n && !w->ending)
		pthread_cond_wait(&w->changed, &w->lock);
	if (lane->n) {
		plain = lane->queue[lane->first];
		lane->first = (lane->first + 1) % pool_count(w->base.options.pool);
		lane->n--;
	}
	pthread_mutex_unlock(&w->lock);
	return plain;
}

static void *lane_run(void *data)
{
	struct lane *lane = data;
	const struct writer_options *o = &lane->w->base.options;
	struct plain *plain;

	while ((plain = next_plain(lane))) {
		struct err err = {0};

		if (pwrite_full(o->targets[lane->target].fd, plain->bytes, plain->len, plain->offset, &err) ==
		    0)
			err.code = 0;
		o->done(o->data, plain, lane->target, err.code);
	}
	return NULL;
}

static void pwriter_free(struct writer *writer)
{
	struct pwriter *w = (struct pwriter *)writer;

	pthread_mutex_lock(&w->lock);
	w->ending = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < writer->options.n_targets; i++) {
		for (unsigned k = 0; k < w->lanes[i].n_threads; k++)
			pthread_join(w->lanes[i].threads[k], NULL);
		free(w->lanes[i].queue);
	}
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

static int start_lane(struct pwriter *w, unsigned target, struct err *err)
{
	struct lane *lane = &w->lanes[target];
	unsigned count = pool_count(w->base.options.pool);

	*lane = (struct lane){.w = w, .target = target, .queue = xcalloc(count, sizeof(*lane->queue))};
	for (; lane->n_threads < THREADS && lane->n_threads < count; lane->n_threads++) {
		int r = pthread_create(&lane->threads[lane->n_threads], NULL, lane_run, lane);

		if (r)
			return err_sys(err, r, "starting a thread");
	}
	return 0;
}

static int pwriter_new(const struct writer_options *options, struct writer **ret, struct err *err)
{
	struct pwriter *w = xcalloc(1, sizeof(*w));
	int r;

	w->base = (struct writer){.kind = &writer_pwrite, .options = *options};
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	for (unsigned i = 0; i < options->n_targets; i++)
		if ((r = start_lane(w, i, err)) < 0) {
			pwriter_free(&w->base);
			return r;
		}
	*ret = &w->base;
	return 0;
}

static void pwriter_submit(struct writer *writer, struct plain *plain, unsigned target)
{
	struct pwriter *w = (struct pwriter *)writer;
	struct lane *lane = &w->lanes[target];

	pthread_mutex_lock(&w->lock);
	lane->queue[(lane->first + lane->n++) % pool_count(writer->options.pool)] = plain;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

const struct writer_kind writer_pwrite = {
	.name = "pwrite",
	.make = pwriter_new,
	.submit = pwriter_submit,
	.free = pwriter_free,
};
