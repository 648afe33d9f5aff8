/* SPDX-License-Identifier: Apache-2.0 */
#include "station/drive/drive.h"

#include <pthread.h>
#include <stdatomic.h>

#include "core/io.h"
#include "core/log.h"
#include "core/time.h"
#include "redfish/loop.h"
#include "station/drive/job.h"
#include "station/drive/record.h"
#include "station/waits.h"

#define VISITS_MAX 64               /* BMCs that are spoken to at a time */
#define VISIT_MS   (20 * 60 * 1000) /* a visit: as long as a BMC may be busy with POST, and its tasks */
#define LOOK_MS    500              /* between two looks at the orders */
#define AGAIN_MS   5000             /* after the loop itself has failed */

struct drive {
	pthread_t thread;
	const struct station *station;
	struct drive_options options;
	struct rf_loop *loop;
	struct drive_job *jobs; /* under way; of the thread alone, as all here but the next */
	unsigned n_jobs;
	atomic_bool stopping;
};

static int (*const visits[])(struct drive_job *job, struct err *err) = {
	[DRIVE_LOOK] = drive_look,     [DRIVE_BOOT] = drive_boot,   [DRIVE_AWAIT] = drive_missed,
	[DRIVE_SETTLE] = drive_settle, [DRIVE_AGAIN] = drive_again, [DRIVE_CYCLE] = drive_cycle,
	[DRIVE_RETURN] = drive_return, [DRIVE_FINAL] = drive_final,
};

static bool stopped(void *data)
{
	return atomic_load(&((struct drive *)data)->stopping);
}

static bool is_over(void *data)
{
	return ((struct drive_job *)data)->over;
}

static void forget(struct drive_job *job)
{
	struct drive_job **link = &job->drive->jobs;

	while (*link != job)
		link = &(*link)->next;
	*link = job->next;
	job->drive->n_jobs--;
	json_decref(job->record);
	free(job);
}

/* From phase to phase, as long as there is something to do now. */
static int visit(struct drive_job *job, struct err *err)
{
	int r = drive_open(job, err);

	while (r == 0 && drive_row_due(&job->row, time(NULL)))
		r = visits[job->row.phase](job, err);
	return r;
}

static void work(void *data)
{
	struct drive_job *job = data;
	struct err err = {0};
	int r;

	rf_deadline(job->loop, VISIT_MS);
	rf_stop_when(job->loop, is_over, job);
	r = visit(job, &err);
	drive_close(job);
	if (r < 0 && r != -ECANCELED)
		drive_failed(job, &err);
	forget(job);
}

/* Nothing was written to this BMC, so that there is nothing to read or to return there. */
static bool is_untouched(const struct drive_job *job)
{
	return (job->row.phase == DRIVE_SETTLE || job->row.phase == DRIVE_RETURN) &&
	       !json_object_get(job->record, "touched");
}

static int begin(struct drive_job *job, struct err *err)
{
	struct store *store = job->station->store;
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	r = drive_record_read(store, job->row.order, &job->record, err);
	store_rollback(store);
	if (r < 0)
		return r;
	if (!is_untouched(job))
		return rf_spawn(job->loop, work, job, err);
	r = job->row.phase == DRIVE_SETTLE ? drive_move(job, DRIVE_WORK, 0, err) : drive_returned(job, err);
	if (r == 0)
		forget(job);
	return r;
}

static int add(struct drive *drive, const struct drive_row *row, struct err *err)
{
	struct drive_job *job = xcalloc(1, sizeof(*job));
	int r;

	*job = (struct drive_job){
		.drive = drive,
		.station = drive->station,
		.options = drive->options,
		.loop = drive->loop,
		.next = drive->jobs,
		.row = *row,
	};
	drive->jobs = job;
	drive->n_jobs++;
	r = begin(job, err);
	if (r < 0)
		forget(job);
	return r;
}

static struct drive_job *job_of(const struct drive *drive, const struct drive_row *row)
{
	struct drive_job *job = drive->jobs;

	while (job && job->row.order != row->order)
		job = job->next;
	return job;
}

/* The agent has come since the start that is awaited, be it that its order has ended before anybody looked. */
static bool has_come(const struct drive_row *row)
{
	return row->phase == DRIVE_SETTLE || (row->phase == DRIVE_RETURN && row->newest > row->lease);
}

/* How the agent came is part of the record. */
static int note_move(struct drive_job *job, struct err *err)
{
	bool awaited;

	if (!has_come(&job->row)) {
		if (job->row.phase == DRIVE_RETURN)
			drive_record_end(job->record, "over", "the order ended before the agent came");
		return drive_save(job, err);
	}
	awaited = drive_record_end(job->record, "checked in", NULL);
	return drive_say(job, "agent", NULL, err, "the agent has checked in%s",
			 awaited ? "" : ", whose machine was not started here");
}

/* The order's state has moved its row on. */
static int move_on(struct drive *drive, const struct drive_row *row, struct err *err)
{
	struct drive_job job = {.drive = drive, .station = drive->station, .row = *row};
	struct store *store = drive->station->store;
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	r = drive_record_read(store, row->order, &job.record, err);
	store_rollback(store);
	if (r == 0)
		r = note_move(&job, err);
	json_decref(job.record);
	return r;
}

static int look_at(struct drive *drive, struct drive_row *row, struct err *err)
{
	struct drive_job *job = job_of(drive, row);
	bool moved = drive_row_advance(row);
	int r;

	if (job) { /* an agent that comes meanwhile is seen to by drive_may_act(), and when the visit has ended */
		job->over |= moved && row->phase == DRIVE_RETURN;
		return 0;
	}
	r = moved ? move_on(drive, row, err) : 0;
	if (r == 0 && drive_row_due(row, time(NULL)) && drive->n_jobs < VISITS_MAX)
		r = add(drive, row, err);
	return r;
}

static int look(struct drive *drive, struct err *err)
{
	_cleanup_free_ struct drive_row *rows = NULL;
	size_t n = 0;
	int r = store_begin(drive->station->store, err);

	if (r < 0)
		return r;
	r = drive_rows(drive->station->store, &rows, &n, err);
	store_rollback(drive->station->store);
	for (size_t i = 0; i < n; i++) {
		struct err why;

		if (look_at(drive, &rows[i], &why) < 0)
			log_error("order %s: BMC: %s", rows[i].id, why.text);
	}
	return r;
}

static void dispatch(void *data)
{
	struct drive *drive = data;
	unsigned every = drive->options.boot_within_s * 50;
	struct err err;

	do {
		if (look(drive, &err) < 0)
			log_error("orders through BMCs: %s", err.text);
	} while (rf_sleep(drive->loop, every < LOOK_MS ? every : LOOK_MS, &err) == 0);
}

/* One loop, until the station stops or libcurl fails. */
static int run_loop(struct drive *drive, struct err *err)
{
	const struct rf_loop_options options = {.cancelled = stopped, .data = drive};
	_cleanup_(rf_loop_freep) struct rf_loop *loop = NULL;
	int r = rf_loop_new(&options, &loop, err);

	drive->loop = loop;
	if (r == 0)
		r = rf_spawn(loop, dispatch, drive, err);
	return r < 0 ? r : rf_loop_run(loop, err);
}

static void *run(void *data)
{
	const struct timespec pause = {.tv_sec = AGAIN_MS / 1000};
	struct drive *drive = data;

	while (!stopped(drive)) {
		struct err err;

		if (run_loop(drive, &err) == 0)
			continue;
		log_error("orders through BMCs: %s", err.text);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

int drive_start(const struct station *station, const struct drive_options *options, struct drive **ret,
		struct err *err)
{
	struct drive *drive = xcalloc(1, sizeof(*drive));
	int r;

	drive->station = station;
	drive->options = *options;
	r = pthread_create(&drive->thread, NULL, run, drive);
	if (r) {
		free(drive);
		return err_sys(err, r, "cannot start a thread");
	}
	*ret = drive;
	return 0;
}

void drive_stop(struct drive *drive)
{
	if (!drive)
		return;
	atomic_store(&drive->stopping, true);
	pthread_join(drive->thread, NULL);
	free(drive);
}
