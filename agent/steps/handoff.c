/* SPDX-License-Identifier: Apache-2.0 */
/* The last row: nothing is left in the kernel's hands. PID 1 reboots when the station has heard of it. */
#include "agent/step.h"

static int handoff_run(struct job *job, struct err *err)
{
	if (!job->facts.committed)
		return err_set(err, EINVAL, "nothing was committed: there is nothing to hand over");
	sync();
	return STEP_DONE;
}

const struct step step_handoff = {
	.name = "handoff",
	.effect = STEP_READS,
	.run = handoff_run,
};
