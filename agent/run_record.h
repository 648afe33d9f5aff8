/* SPDX-License-Identifier: Apache-2.0 */
/* What the runner tells: an event and a log line for each turn of a row, thinned progress, the record for the evidence. */
#ifndef AGENT_RUN_RECORD_H
#define AGENT_RUN_RECORD_H

#include <pthread.h>
#include <stdint.h>

#include "agent/run.h"

#define PROGRESS_EVERY_NS 1000000000ull

struct run_record {
	const struct run_station *station;
	void *data;
	pthread_mutex_t lock;      /* steps report progress from their own threads */
	const struct run_row *row; /* that runs now; NULL between rows */
	enum run_phase phase;      /* in which it runs: a verify runs in PHASE_PROVE */
	time_t begun;
	uint64_t progress_at; /* monotonic_ns() of the last progress that was sent */
};

const char *run_phase_name(enum run_phase phase);

void run_record_init(struct run_record *record, const struct run_options *options);
void run_record_clear(struct run_record *record);
void run_record_begin(struct run_record *record, const struct run_row *row, enum run_phase phase);
void run_record_progress(struct run_record *record, uint64_t done, uint64_t total);
void run_record_note(struct run_record *record, const char *text);
/* outcome: "done", "skipped", "reset" or "failed"; reason with "failed" alone. Also appends to job->steps where `keep`. */
void run_record_end(struct run_record *record, struct job *job, bool keep, const char *outcome,
		    const char *reason);

#endif
