/* SPDX-License-Identifier: Apache-2.0 */
/* The threads of one run: the first error ends them all; the caller's thread alone tells progress and asks whether to go on. */
#ifndef AGENT_PIPELINE_CREW_H
#define AGENT_PIPELINE_CREW_H

#include <pthread.h>

#include "agent/pipeline/pipeline.h"

#define CREW_MAX   64 /* threads */
#define CREW_NOTES 8  /* that wait to be told */

struct crew {
	const struct pipeline_job *job;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* anything below, and what stages keep under the lock */
	pthread_cond_t ended; /* running, pending, stopped: the attending thread need not wake for the rest */
	pthread_t threads[CREW_MAX];
	unsigned n_threads, running;
	unsigned pending; /* work that has been handed on and is not done */
	bool stopped;
	struct err first_err;        /* code 0: none */
	uint64_t done, total;        /* bytes, of all targets together */
	unsigned copies;             /* targets: progress is told as if there were one */
	char notes[CREW_NOTES][512]; /* untold, the oldest first */
	unsigned n_notes;
};

void crew_init(struct crew *crew, const struct pipeline_job *job, uint64_t total);
/* Starts one more thread; what cannot be started is the crew's error. */
void crew_spawn(struct crew *crew, void *(*run)(void *), void *data);
/* A thread's last act. */
void crew_leave(struct crew *crew);

/* Thread safe. */
bool crew_stopped(struct crew *crew);
void crew_fail(struct crew *crew, const struct err *err); /* the first counts */
void crew_note(struct crew *crew, const char *text);      /* of too many untold ones the oldest is dropped */
void crew_done(struct crew *crew, uint64_t bytes);
void crew_pending(struct crew *crew, int change);
void crew_pause(struct crew *crew, unsigned ms); /* shorter when the crew stops */

/* Tells progress and asks whether to go on, until no thread runs and nothing is pending, or all has stopped. */
void crew_attend(struct crew *crew);
/* Joins the threads and returns the first error; others may be started then. What they handed on may use the crew until crew_clear(). */
int crew_finish(struct crew *crew, struct err *err) _must_check_;
void crew_clear(struct crew *crew);

/* CPUs that this process may use. */
unsigned crew_cpus(void);
/* Bytes for buffers that a job may use. */
size_t crew_memory(const struct pipeline_job *job);

#endif
