/* SPDX-License-Identifier: Apache-2.0 */
/* What the firmware's steps leave in the journal for a later boot of the same order: the station keeps it, this machine forgets. */
#ifndef AGENT_STEPS_FIRMWARE_JOURNAL_H
#define AGENT_STEPS_FIRMWARE_JOURNAL_H

#include "agent/step.h"

#define FIRMWARE_FOUND "found" /* {"removed": [...]}: variables that are about to be removed */
#define FIRMWARE_ENTRIES \
	"entries" /* {"removed": [...], "cleaned": [...]}: boot entries that are about to be changed */
#define FIRMWARE_SET "set" /* what stood there before a reset of our own: firmware_kept.c */

/* Takes proof. */
int firmware_journal(struct job *job, const char *what, json_t *proof, struct err *err) _must_check_;
/* The newest before entry `before` (n_journal: of all); NULL: none. *ret_at, which may be NULL, is its place. Borrowed. */
const json_t *firmware_journal_find(const struct job *job, const char *what, unsigned before,
				    unsigned *ret_at);

#endif
