/* SPDX-License-Identifier: Apache-2.0 */
/* One scrub as it goes, and what it has found. */
#ifndef AGENT_GPU_SCRUB_RUN_H
#define AGENT_GPU_SCRUB_RUN_H

#include "agent/gpu/scrub_kernels.h"

/* In this order; the pattern is verified after all of it has been written, so that one address cannot hide behind another. */
enum scrub_pass_kind { SCRUB_FILL, SCRUB_VERIFY, SCRUB_CLEAR, SCRUB_VERIFY_CLEAR, SCRUB_PASSES };

struct scrub_pass {
	uint64_t bytes, ns;       /* done, and the GPU's time for it */
	struct scrub_found found; /* by a verification */
	unsigned samples_wrong;   /* units that the host has read otherwise */
};

struct scrub_run {
	struct scrub_kernels kernels;
	struct cuda_hold hold;
	struct scrub_pass passes[SCRUB_PASSES];
	uint64_t copied, copy_ns; /* bytes read and written */
	int broke;                /* CUDA's code that ended it before its end; 0: it came to its end */
	const char *broke_in;     /* "the fill of its memory"; static */
	bool trial_wrong;         /* it came to its end, and what it had done was not right */
	void (*progress)(void *data, uint64_t done, uint64_t total);
	void *data;
};

/* The kernels are open. False: the GPU does not work, which is a finding as well. */
bool scrub_run_trial(struct scrub_run *run);
/* They are, and memory is held. A GPU that fails on the way is a finding (broke), no error. */
void scrub_run(struct scrub_run *run);

json_t *scrub_run_to_json(const struct scrub_run *run, const struct cuda_device *device);

#endif
