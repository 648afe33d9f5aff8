/* SPDX-License-Identifier: Apache-2.0 */
/* What the order says of carrying the payload, for the pipeline: where it lies, how it is read back, how much memory it may take. */
#ifndef AGENT_STEPS_PAYLOAD_H
#define AGENT_STEPS_PAYLOAD_H

#include "agent/pipeline/pipeline.h"
#include "agent/step.h"

struct payload_sources {
	struct pipeline_source list[PIPELINE_SOURCES_MAX];
	char *mirrors[ORDER_MIRRORS_MAX]; /* owned URLs */
};

/*
 * Fills *sources, which the job points to: the manifest's folder, then the order's mirrors. `others`: bytes of the order's memory
 * that are not the pipeline's. Targets, sink and callbacks are the caller's to add.
 */
struct pipeline_job payload_job(const struct job *job, uint64_t others, struct payload_sources *sources);
void payload_sources_clear(struct payload_sources *sources);

#endif
