/* SPDX-License-Identifier: Apache-2.0 */
/* What writing and reading back a root tree adds to the evidence. docs/root-images.md, "Record". */
#ifndef AGENT_STEPS_TREE_RECORD_H
#define AGENT_STEPS_TREE_RECORD_H

#include "agent/steps/tree/fill.h"

/* The fact `written`, but for what reading back will add. */
json_t *root_record_make(const struct rig *rig, const struct pipeline_job *pipeline,
			 const struct filled *filled) _must_check_;
/* One disk was read back: so many files' content, so many bytes. */
void root_record_read_back(json_t *written, const struct rig *rig, unsigned disk, uint64_t files,
			   uint64_t bytes);

#endif
