/* SPDX-License-Identifier: Apache-2.0 */
/* What the journal says of earlier boots. */
#include <string.h>

#include "agent/step.h"

bool job_was_reset(const struct job *job, const char *row)
{
	for (unsigned i = 0; i < job->n_journal; i++)
		if (!strcmp(job->journal[i].step, JOB_RESET) && !strcmp(job->journal[i].method, row))
			return true;
	return false;
}
