/* SPDX-License-Identifier: Apache-2.0 */
/* The machine as it is found: all later steps, and the operator's view of it, rest on that. */
#include "agent/steps/inventory.h"

#include "agent/step.h"
#include "agent/steps/neighbours.h"

static int inventory_run(struct job *job, struct err *err)
{
	struct facts *facts = &job->facts;
	int r = inventory_read(&facts->disks, &facts->n_disks, &facts->inventory, err);

	if (r < 0)
		return r;
	neighbours_take(job, 0);
	facts->inventory_newer = false; /* it is sent now */
	return STEP_DONE;
}

/* Nothing is claimed; but what switches have said since then is known now. */
static int inventory_verify(struct job *job, struct err *err)
{
	(void)err;
	neighbours_take(job, 0);
	return 0;
}

const struct step step_inventory = {
	.name = "inventory", .effect = STEP_READS, .run = inventory_run, .verify = inventory_verify};
