/* SPDX-License-Identifier: Apache-2.0 */
/* The runner's table of services, for one thread. */
#include <string.h>

#include "tests/fakes/step_job.h"

static bool op_cancelled(struct job *job)
{
	struct step_job *sj = job->data;

	sj->asked++;
	return sj->cancel_after && sj->asked >= sj->cancel_after;
}

static void op_progress(struct job *job, uint64_t done, uint64_t total)
{
	struct step_job *sj = job->data;

	sj->progress_calls++;
	sj->done = done;
	sj->total = total;
}

static void op_note(struct job *job, const char *text)
{
	struct step_job *sj = job->data;

	sj->notes++;
	snprintf(sj->note, sizeof(sj->note), "%s", text);
}

static int op_journal(struct job *job, const struct journal_entry *entry, struct err *err)
{
	struct step_job *sj = job->data;

	if (sj->on_journal)
		sj->on_journal(sj, entry);
	if (sj->journal_fails)
		return err_set(err, ESTALE, "the lease was revoked");
	sj->entries[sj->n_entries] = *entry;
	sj->entries[sj->n_entries++].proof = entry->proof ? json_deep_copy(entry->proof) : NULL;
	return 0;
}

static const struct job_ops ops = {
	.cancelled = op_cancelled,
	.progress = op_progress,
	.note = op_note,
	.journal = op_journal,
};

void step_job_init(struct step_job *sj)
{
	static char id[] = "o-1";

	memset(sj, 0, sizeof(*sj));
	sj->order.id = id;
	sj->job = (struct job){.order = &sj->order, .site = &sj->site, .ops = &ops, .data = sj};
}

void step_job_clear(struct step_job *sj)
{
	for (unsigned i = 0; i < sj->n_entries; i++)
		json_decref(sj->entries[i].proof);
	job_facts_clear(&sj->job.facts);
}
