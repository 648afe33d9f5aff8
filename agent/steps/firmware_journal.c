/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/steps/firmware_journal.h"

#include <stdio.h>
#include <string.h>

#define STEP "firmware"

int firmware_journal(struct job *job, const char *what, json_t *proof, struct err *err)
{
	struct journal_entry entry = {
		.drive = "machine:firmware", .step = STEP, .state = JOURNAL_PROVEN, .proof = proof};
	int r;

	snprintf(entry.method, sizeof(entry.method), "%s", what);
	r = job->ops->journal(job, &entry, err);
	json_decref(proof);
	return r;
}

const json_t *firmware_journal_find(const struct job *job, const char *what, unsigned before,
				    unsigned *ret_at)
{
	for (unsigned i = before; i-- > 0;) {
		const struct journal_entry *entry = &job->journal[i];

		if (strcmp(entry->step, STEP) != 0 || strcmp(entry->method, what) != 0 || !entry->proof)
			continue;
		if (ret_at)
			*ret_at = i;
		return entry->proof;
	}
	return NULL;
}
