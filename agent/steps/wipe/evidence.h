/* SPDX-License-Identifier: Apache-2.0 */
/* A drive's part of the evidence: who it is, what was done to it, how that was proven. docs/wipe.md, "Evidence". */
#ifndef AGENT_STEPS_WIPE_EVIDENCE_H
#define AGENT_STEPS_WIPE_EVIDENCE_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

#include "agent/hw/block/block.h"
#include "protocol/journal.h"

/* result: what wipe_drive() told, borrowed; NULL: nothing was told, for `reason`. */
json_t *wipe_evidence_make(const struct block *block, const json_t *result, const char *reason, time_t begun,
			   time_t ended) _must_check_;

/* Only a read-back of zeros, in full or by samples as the policy says, with every marker gone, nothing as before and no signature left is a
 * proof, whatever "outcome" says. */
bool wipe_evidence_is_proven(const json_t *evidence);

/*
 * Does the whole drive read as zeros now? Not where only samples were read; and not where an earlier boot has proven it: it may since have been
 * written to by this order's image.
 */
bool wipe_evidence_reads_zero(const json_t *evidence);

/*
 * What an earlier boot of this order has proven of the drive: the last journal entry about it, if that is a proof of a drive of the
 * same identity and size. A new reference, marked as resumed; NULL: the drive is to be wiped.
 */
json_t *wipe_evidence_resume(const struct block *block, const struct journal_entry *journal, unsigned n);

#endif
