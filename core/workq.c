/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded queue and its threads. */
#include "core/workq.h"

#include <pthread.h>
#include <sched.h>

#include "core/io.h"

struct workq {
	pthread_mutex_t lock;
	pthread_cond_t not_full, not_empty;
	workq_fn run;
	void (*drop)(void *item);
	void **items; /* ring of `depth`, the oldest at `first` */
	unsigned depth, first, used;
	bool closed, cancelled;
	int failed; /* negative errno of the first item that failed */
	struct err err;
	pthread_t *threads;
	unsigned n_threads;
};

static unsigned usable_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	return (unsigned)CPU_COUNT(&set);
}

/* With the lock held: NULL once there is nothing left to do. */
static void *take(struct workq *q)
{
	void *item;

	while (!q->used && !q->closed && !q->cancelled)
		pthread_cond_wait(&q->not_empty, &q->lock);
	if (!q->used || q->cancelled)
		return NULL;
	item = q->items[q->first];
	q->first = (q->first + 1) % q->depth;
	q->used--;
	pthread_cond_signal(&q->not_full);
	return item;
}

static void cancel_locked(struct workq *q)
{
	q->cancelled = true;
	pthread_cond_broadcast(&q->not_full);
	pthread_cond_broadcast(&q->not_empty);
}

static void *worker(void *data)
{
	struct workq *q = data;
	void *item;

	pthread_mutex_lock(&q->lock);
	while ((item = take(q))) {
		struct err err = {0};
		int r;

		pthread_mutex_unlock(&q->lock);
		r = q->run(item, &err);
		pthread_mutex_lock(&q->lock);
		if (r < 0 && !q->failed) {
			q->failed = r;
			q->err = err;
			cancel_locked(q);
		}
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

int workq_new(unsigned threads, unsigned depth, workq_fn run, void (*drop)(void *item), struct workq **ret,
	      struct err *err)
{
	struct workq *q = xcalloc(1, sizeof(*q));

	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->not_full, NULL);
	pthread_cond_init(&q->not_empty, NULL);
	q->run = run;
	q->drop = drop;
	q->depth = depth ? depth : 1;
	q->items = xcalloc(q->depth, sizeof(*q->items));
	if (!threads)
		threads = usable_cpus();
	q->threads = xcalloc(threads, sizeof(*q->threads));
	for (; q->n_threads < threads; q->n_threads++) {
		int r = pthread_create(&q->threads[q->n_threads], NULL, worker, q);

		if (r) {
			struct err why = {0};

			err_sys(&why, r, "work queue: thread %u of %u", q->n_threads + 1, threads);
			q->failed = -r;
			q->err = why;
			return workq_finish(q, err);
		}
	}
	*ret = q;
	return 0;
}

int workq_add(struct workq *q, void *item)
{
	pthread_mutex_lock(&q->lock);
	while (q->used == q->depth && !q->cancelled)
		pthread_cond_wait(&q->not_full, &q->lock);
	if (q->cancelled) {
		pthread_mutex_unlock(&q->lock);
		q->drop(item);
		return -ECANCELED;
	}
	q->items[(q->first + q->used) % q->depth] = item;
	q->used++;
	pthread_cond_signal(&q->not_empty);
	pthread_mutex_unlock(&q->lock);
	return 0;
}

void workq_cancel(struct workq *q)
{
	pthread_mutex_lock(&q->lock);
	cancel_locked(q);
	pthread_mutex_unlock(&q->lock);
}

int workq_finish(struct workq *q, struct err *err)
{
	int r;

	pthread_mutex_lock(&q->lock);
	q->closed = true;
	pthread_cond_broadcast(&q->not_empty);
	pthread_mutex_unlock(&q->lock);
	for (unsigned i = 0; i < q->n_threads; i++)
		pthread_join(q->threads[i], NULL);
	for (unsigned i = 0; i < q->used; i++)
		q->drop(q->items[(q->first + i) % q->depth]);
	r = q->failed;
	if (r)
		*err = q->err;
	else if (q->cancelled)
		r = err_set(err, ECANCELED, "cancelled");
	pthread_cond_destroy(&q->not_empty);
	pthread_cond_destroy(&q->not_full);
	pthread_mutex_destroy(&q->lock);
	free(q->threads);
	free(q->items);
	free(q);
	return r;
}
