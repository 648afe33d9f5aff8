/* SPDX-License-Identifier: Apache-2.0 */
#include "station/bmc/rotate.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "core/io.h"
#include "core/log.h"
#include "core/time.h"
#include "station/bmc/change.h"
#include "station/context.h"

#define AT_ONCE 32

enum state { ASKED, RUNNING, DONE, FAILED };

struct job {
	struct job *next;
	struct bmc_rotate *rotate;
	int64_t node;
	char name[64];
	enum state state;
	int64_t ended; /* seconds since the epoch; 0: not yet */
	struct err why;
	struct rf_loop *loop; /* while it runs */
};

struct bmc_rotate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	const struct station *station;
	struct job *jobs; /* the newest of each node */
	bool stopping;
};

static struct job *find(const struct bmc_rotate *rotate, int64_t node)
{
	struct job *job = rotate->jobs;

	while (job && job->node != node)
		job = job->next;
	return job;
}

static bool is_under_way(const struct job *job)
{
	return job && (job->state == ASKED || job->state == RUNNING);
}

static bool is_stopping(void *data)
{
	struct bmc_rotate *rotate = data;
	bool stopping;

	pthread_mutex_lock(&rotate->lock);
	stopping = rotate->stopping;
	pthread_mutex_unlock(&rotate->lock);
	return stopping;
}

static void end_job(struct job *job, int r, const struct err *err)
{
	pthread_mutex_lock(&job->rotate->lock);
	job->state = r < 0 ? FAILED : DONE;
	job->ended = (int64_t)time(NULL);
	job->loop = NULL;
	if (r < 0)
		job->why = *err;
	pthread_mutex_unlock(&job->rotate->lock);
}

/* In the loop. */
static void work(void *data)
{
	struct job *job = data;
	struct err err = {0};
	int r = bmc_change(job->rotate->station, job->loop, job->node, job->name, &err);

	end_job(job, r, &err);
}

/* With the lock. */
static bool is_asked(const struct bmc_rotate *rotate)
{
	for (const struct job *job = rotate->jobs; job; job = job->next)
		if (job->state == ASKED)
			return true;
	return false;
}

/* With the lock: some of those that are asked for are in the loop now. */
static int spawn(struct bmc_rotate *rotate, struct rf_loop *loop, struct err *err)
{
	unsigned n = 0;

	for (struct job *job = rotate->jobs; job && n < AT_ONCE; job = job->next) {
		int r;

		if (job->state != ASKED)
			continue;
		r = rf_spawn(loop, work, job, err);
		if (r < 0)
			return r;
		job->state = RUNNING;
		job->loop = loop;
		n++;
	}
	return 0;
}

/* Whatever is still waiting for a loop that there is not. */
static void give_up(struct bmc_rotate *rotate, const struct err *err)
{
	pthread_mutex_lock(&rotate->lock);
	for (struct job *job = rotate->jobs; job; job = job->next) {
		if (!is_under_way(job))
			continue;
		job->state = FAILED;
		job->ended = (int64_t)time(NULL);
		job->why = *err;
	}
	pthread_mutex_unlock(&rotate->lock);
	log_error("changing passwords of BMCs: %s", err->text);
}

static void run_some(struct bmc_rotate *rotate)
{
	_cleanup_(rf_loop_freep) struct rf_loop *loop = NULL;
	struct err err = {0};
	int r = rf_loop_new(&(struct rf_loop_options){.cancelled = is_stopping, .data = rotate}, &loop, &err);

	if (r == 0) {
		pthread_mutex_lock(&rotate->lock);
		r = spawn(rotate, loop, &err);
		pthread_mutex_unlock(&rotate->lock);
	}
	if (r == 0)
		r = rf_loop_run(loop, &err);
	if (r < 0)
		give_up(rotate, &err);
}

static void *rotate_all(void *data)
{
	struct bmc_rotate *rotate = data;

	pthread_mutex_lock(&rotate->lock);
	while (!rotate->stopping) {
		if (!is_asked(rotate)) {
			pthread_cond_wait(&rotate->changed, &rotate->lock);
			continue;
		}
		pthread_mutex_unlock(&rotate->lock);
		run_some(rotate);
		pthread_mutex_lock(&rotate->lock);
	}
	pthread_mutex_unlock(&rotate->lock);
	return NULL;
}

int bmc_rotate_start(const struct station *station, struct bmc_rotate **ret, struct err *err)
{
	struct bmc_rotate *rotate = xcalloc(1, sizeof(*rotate));
	int r;

	rotate->station = station;
	pthread_mutex_init(&rotate->lock, NULL);
	pthread_cond_init(&rotate->changed, NULL);
	r = pthread_create(&rotate->thread, NULL, rotate_all, rotate);
	if (r) {
		free(rotate);
		return err_sys(err, r, "cannot start a thread");
	}
	*ret = rotate;
	return 0;
}

void bmc_rotate_stop(struct bmc_rotate *rotate)
{
	if (!rotate)
		return;
	pthread_mutex_lock(&rotate->lock);
	rotate->stopping = true;
	pthread_cond_signal(&rotate->changed);
	pthread_mutex_unlock(&rotate->lock);
	pthread_join(rotate->thread, NULL);
	while (rotate->jobs) {
		struct job *job = rotate->jobs;

		rotate->jobs = job->next;
		free(job);
	}
	free(rotate);
}

int bmc_rotate_ask(struct bmc_rotate *rotate, int64_t node, const char *name, struct err *err)
{
	struct job *job;
	int r = 0;

	pthread_mutex_lock(&rotate->lock);
	job = find(rotate, node);
	if (is_under_way(job)) {
		r = err_set(err, ESTALE, "the password of the BMC of node %s is being changed already", name);
	} else {
		if (!job) {
			job = xcalloc(1, sizeof(*job));
			job->next = rotate->jobs;
			rotate->jobs = job;
		}
		job->rotate = rotate;
		job->node = node;
		job->state = ASKED;
		job->ended = 0;
		snprintf(job->name, sizeof(job->name), "%s", name);
		pthread_cond_signal(&rotate->changed);
	}
	pthread_mutex_unlock(&rotate->lock);
	return r;
}

bool bmc_rotate_busy(struct bmc_rotate *rotate, int64_t node)
{
	bool busy;

	if (!rotate)
		return false;
	pthread_mutex_lock(&rotate->lock);
	busy = is_under_way(find(rotate, node));
	pthread_mutex_unlock(&rotate->lock);
	return busy;
}

json_t *bmc_rotate_json(struct bmc_rotate *rotate, int64_t node)
{
	static const char *const states[] = {"running", "running", "done", "failed"};
	char ended[TIME_TEXT_SIZE];
	const struct job *job;
	json_t *json = NULL;

	pthread_mutex_lock(&rotate->lock);
	job = find(rotate, node);
	if (job) {
		time_format(job->ended, ended);
		json = json_pack("{s:s, s:s?, s:s?}", "state", states[job->state], "ended",
				 job->ended ? ended : NULL, "why",
				 job->state == FAILED ? job->why.text : NULL);
	}
	pthread_mutex_unlock(&rotate->lock);
	return json;
}
