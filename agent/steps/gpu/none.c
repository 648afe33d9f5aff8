/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of gpu.c, for an agent that is built without it: what an order asks of GPUs is not passed over in silence. */
#include "agent/step.h"

static int gpu_check(struct job *job, struct err *err)
{
	json_t *asked = order_gpu_to_json(&job->order->gpu);

	json_decref(asked);
	return asked ? err_set(err, ENOSYS,
			       "the order says what is to become of GPUs, and this agent is built without "
			       "STEP_GPU")
		     : 0;
}

static int gpu_run(struct job *job, struct err *err)
{
	(void)job, (void)err;
	return STEP_SKIPPED;
}

const struct step step_gpu = {.name = "gpu", .effect = STEP_READS, .check = gpu_check, .run = gpu_run};
