/* SPDX-License-Identifier: Apache-2.0 */
/* Turns of rows as events, log lines and entries of job->steps. */
#include "agent/run_record.h"

#include <string.h>

#include "core/log.h"
#include "core/time.h"

const char *run_phase_name(enum run_phase phase)
{
	static const char *const names[] = {"observe",   "prepare", "check",  "destroy",
					    "configure", "prove",   "commit", "hand-over"};
	return names[phase];
}

void run_record_init(struct run_record *record, const struct run_options *options)
{
	*record = (struct run_record){.station = options->station, .data = options->station_data};
	pthread_mutex_init(&record->lock, NULL);
}

void run_record_clear(struct run_record *record)
{
	pthread_mutex_destroy(&record->lock);
}

/* With the lock held: events carry the row that runs now. */
static void tell(struct run_record *record, enum event_kind kind, uint64_t done, uint64_t total,
		 const char *text)
{
	struct event event = {.time = time(NULL), .kind = kind, .done = done, .total = total};
	talk_text(event.phase, sizeof(event.phase), run_phase_name(record->phase));
	talk_text(event.step, sizeof(event.step), record->row ? record->row->name : "");
	talk_text(event.text, sizeof(event.text), text);
	record->station->event(record->data, &event);
}

void run_record_begin(struct run_record *record, const struct run_row *row, enum run_phase phase)
{
	pthread_mutex_lock(&record->lock);
	record->row = row;
	record->phase = phase;
	record->begun = time(NULL);
	record->progress_at = 0;
	tell(record, EVENT_STEP_BEGUN, 0, 0, "");
	pthread_mutex_unlock(&record->lock);
	log_info("%s: %s", run_phase_name(phase), row->name);
}

void run_record_progress(struct run_record *record, uint64_t done, uint64_t total)
{
	uint64_t now = monotonic_ns();
	pthread_mutex_lock(&record->lock);
	if (record->row && done <= total &&
	    (!record->progress_at || now - record->progress_at >= PROGRESS_EVERY_NS)) {
		record->progress_at = now;
		tell(record, EVENT_PROGRESS, done, total, "");
	}
	pthread_mutex_unlock(&record->lock);
}

void run_record_note(struct run_record *record, const char *text)
{
	pthread_mutex_lock(&record->lock);
	tell(record, EVENT_NOTE, 0, 0, text);
	log_info("%s: %s", record->row ? record->row->name : "remint-agent", text);
	pthread_mutex_unlock(&record->lock);
}

/* A row is resumed when an earlier boot of this order had already begun with it. */
static bool is_resumed(const struct job *job, const char *name)
{
	for (unsigned i = 0; i < job->n_journal; i++)
		if (!strcmp(job->journal[i].step, name))
			return true;
	return false;
}

static void keep_record(const struct run_record *record, struct job *job, const char *outcome)
{
	char begun[TIME_TEXT_SIZE], ended[TIME_TEXT_SIZE];
	time_format(record->begun, begun);
	time_format(time(NULL), ended);
	json_array_append_new(job->steps, json_pack("{ss ss ss ss ss sb}", "name", record->row->name, "phase",
						    run_phase_name(record->phase), "begun", begun, "ended",
						    ended, "outcome", outcome, "resumed",
						    is_resumed(job, record->row->step->name)));
}

void run_record_end(struct run_record *record, struct job *job, bool keep, const char *outcome,
		    const char *reason)
{
	pthread_mutex_lock(&record->lock);
	if (keep)
		keep_record(record, job, outcome);
	if (reason)
		log_error("%s: %s: %s", run_phase_name(record->phase), record->row->name, reason);
	else
		log_info("%s: %s: %s", run_phase_name(record->phase), record->row->name, outcome);
	tell(record, reason ? EVENT_STEP_FAILED : EVENT_STEP_DONE, 0, 0,
	     reason                    ? reason
	     : strcmp(outcome, "done") ? outcome
				       : "");
	record->row = NULL;
	pthread_mutex_unlock(&record->lock);
}
