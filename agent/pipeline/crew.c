/* SPDX-License-Identifier: Apache-2.0 */
/* Starting, attending and ending the threads of a run. */
#include <sched.h>
#include <string.h>

#include "agent/pipeline/crew.h"
#include "agent/pipeline/memory.h"
#include "core/time.h"

enum { ATTEND_MS = 250 };
#define MEMORY_MIN (24u << 20) /* bytes */
#define MEMORY_MAX (96u << 20)

void crew_init(struct crew *crew, const struct pipeline_job *job, uint64_t total)
{
	memset(crew, 0, sizeof(*crew));
	crew->job = job;
	crew->total = total;
	crew->copies = 1;
	pthread_mutex_init(&crew->lock, NULL);
	cond_init_monotonic(&crew->changed);
	cond_init_monotonic(&crew->ended);
}

void crew_spawn(struct crew *crew, void *(*run)(void *), void *data)
{
	struct err err = {0};
	int r;

	if (crew->n_threads == CREW_MAX)
		return;
	pthread_mutex_lock(&crew->lock);
	crew->running++;
	pthread_mutex_unlock(&crew->lock);
	r = pthread_create(&crew->threads[crew->n_threads], NULL, run, data);
	if (r == 0) {
		crew->n_threads++;
		return;
	}
	err_sys(&err, r, "starting a thread");
	crew_fail(crew, &err);
	crew_leave(crew);
}

void crew_leave(struct crew *crew)
{
	pthread_mutex_lock(&crew->lock);
	crew->running--;
	pthread_cond_broadcast(&crew->changed);
	pthread_cond_broadcast(&crew->ended);
	pthread_mutex_unlock(&crew->lock);
}

bool crew_stopped(struct crew *crew)
{
	bool stopped;

	pthread_mutex_lock(&crew->lock);
	stopped = crew->stopped;
	pthread_mutex_unlock(&crew->lock);
	return stopped;
}

void crew_fail(struct crew *crew, const struct err *err)
{
	pthread_mutex_lock(&crew->lock);
	if (!crew->stopped)
		crew->first_err = *err;
	crew->stopped = true;
	pthread_cond_broadcast(&crew->changed);
	pthread_cond_broadcast(&crew->ended);
	pthread_mutex_unlock(&crew->lock);
}

void crew_note(struct crew *crew, const char *text)
{
	pthread_mutex_lock(&crew->lock);
	if (crew->n_notes == CREW_NOTES)
		memmove(crew->notes[0], crew->notes[1], sizeof(crew->notes[0]) * --crew->n_notes);
	snprintf(crew->notes[crew->n_notes++], sizeof(crew->notes[0]), "%s", text);
	pthread_mutex_unlock(&crew->lock);
}

void crew_done(struct crew *crew, uint64_t bytes)
{
	pthread_mutex_lock(&crew->lock);
	crew->done += bytes;
	pthread_mutex_unlock(&crew->lock);
}

void crew_pending(struct crew *crew, int change)
{
	pthread_mutex_lock(&crew->lock);
	crew->pending += (unsigned)change;
	if (crew->pending == 0) {
		pthread_cond_broadcast(&crew->changed);
		pthread_cond_broadcast(&crew->ended);
	}
	pthread_mutex_unlock(&crew->lock);
}

/* With the lock held; false once the time is over. */
static bool wait_until(struct crew *crew, pthread_cond_t *cond, const struct timespec *until)
{
	return pthread_cond_timedwait(cond, &crew->lock, until) != ETIMEDOUT;
}

static struct timespec in_ms(unsigned ms)
{
	return monotonic_in_ns(ms * UINT64_C(1000000));
}

void crew_pause(struct crew *crew, unsigned ms)
{
	const struct timespec until = in_ms(ms);

	pthread_mutex_lock(&crew->lock);
	while (!crew->stopped && wait_until(crew, &crew->changed, &until))
		;
	pthread_mutex_unlock(&crew->lock);
}

/* Without the lock, because the caller's functions may take their time. */
static void tell_notes(struct crew *crew)
{
	const struct pipeline_job *job = crew->job;
	char notes[CREW_NOTES][sizeof(crew->notes[0])];
	unsigned n;

	pthread_mutex_lock(&crew->lock);
	n = crew->n_notes;
	memcpy(notes, crew->notes, n * sizeof(notes[0]));
	crew->n_notes = 0;
	pthread_mutex_unlock(&crew->lock);
	for (unsigned i = 0; i < n; i++)
		if (job->note)
			job->note(job->data, notes[i]);
}

static void tell_and_ask(struct crew *crew)
{
	const struct pipeline_job *job = crew->job;
	struct err err = {0};
	uint64_t done;

	tell_notes(crew);
	pthread_mutex_lock(&crew->lock);
	done = crew->done;
	pthread_mutex_unlock(&crew->lock);
	if (job->progress)
		job->progress(job->data, done / crew->copies, crew->total / crew->copies);
	if (job->cancelled && job->cancelled(job->data)) {
		err_set(&err, ECANCELED, "cancelled");
		crew_fail(crew, &err);
	}
}

void crew_attend(struct crew *crew)
{
	bool busy = true;

	while (busy) {
		const struct timespec until = in_ms(ATTEND_MS);

		pthread_mutex_lock(&crew->lock);
		do
			busy = !crew->stopped && (crew->running > 0 || crew->pending > 0);
		while (busy && wait_until(crew, &crew->ended, &until));
		pthread_mutex_unlock(&crew->lock);
		tell_and_ask(crew);
	}
}

void crew_clear(struct crew *crew)
{
	pthread_cond_destroy(&crew->ended);
	pthread_cond_destroy(&crew->changed);
	pthread_mutex_destroy(&crew->lock);
}

int crew_finish(struct crew *crew, struct err *err)
{
	for (unsigned i = 0; i < crew->n_threads; i++)
		pthread_join(crew->threads[i], NULL);
	crew->n_threads = 0;
	if (crew->first_err.code) {
		*err = crew->first_err;
		return -err->code;
	}
	return 0;
}

unsigned crew_cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) < 0 ? 1 : (unsigned)CPU_COUNT(&set);
}

size_t crew_memory(const struct pipeline_job *job)
{
	uint64_t quarter = memory_available() / 4;

	if (job->memory)
		return job->memory;
	return quarter < MEMORY_MIN ? MEMORY_MIN : quarter > MEMORY_MAX ? MEMORY_MAX : (size_t)quarter;
}
