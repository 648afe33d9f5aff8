/* SPDX-License-Identifier: Apache-2.0 */
/* A runner for one step: records what the step journals, notes and reports. */
#ifndef TESTS_FAKES_STEP_JOB_H
#define TESTS_FAKES_STEP_JOB_H

#include "agent/step.h"

struct step_job {
	struct job job;
	struct order order;
	struct site site;
	struct journal_entry entries[64]; /* in the order in which they came; proofs are held */
	unsigned n_entries;
	unsigned notes, progress_calls;
	uint64_t done, total;  /* last progress */
	unsigned cancel_after; /* cancelled() is true from this call on; 0: never */
	unsigned asked;
	bool journal_fails;
	/* Called for each entry before it is taken; may be NULL. */
	void (*on_journal)(struct step_job *sj, const struct journal_entry *entry);
	char note[512]; /* the last */
};

void step_job_init(struct step_job *sj);
void step_job_clear(struct step_job *sj); /* the facts too */

#endif
