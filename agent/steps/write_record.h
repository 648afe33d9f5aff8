/* SPDX-License-Identifier: Apache-2.0 */
/* What the write has to say: its part of the evidence, and the journal's word on whether it goes on from an earlier boot. */
#ifndef AGENT_STEPS_WRITE_RECORD_H
#define AGENT_STEPS_WRITE_RECORD_H

#include "agent/pipeline/pipeline.h"
#include "agent/step.h"

/* The fact `written`, but for what reading back will add. A root disk that was no target could not be
 * opened. docs/certificate.md, "Written". */
json_t *write_record_make(const struct job *job, const struct pipeline_job *pipeline,
			  const struct pipeline_result *result) _must_check_;
/* Adds what was read back. */
void write_record_read_back(json_t *written, const struct pipeline_job *pipeline,
			    const struct pipeline_result *result);
/* A line for the operator about frames that were not what the index says, if there were any. */
void write_record_tell_bad(struct job *job, const struct pipeline_job *pipeline,
			   const struct pipeline_result *result);

/*
 * Before the first byte: the station knows that the image is now being written to each root disk. An entry that the station does
 * not take is an error.
 */
int write_journal_begin(struct job *job, struct err *err) _must_check_;
/* Had an earlier boot of this order begun to write this very image, and nothing erased the disk since? */
bool write_was_begun(const struct job *job);

#endif
