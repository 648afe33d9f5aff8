/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All drives at once, a forked child each: a drive that hangs or kills its process is one drive's failure. The parent alone speaks
 * to the journal; a child begins nothing destructive before the parent has told it that the journal knows.
 */
#ifndef AGENT_STEPS_WIPE_FLEET_H
#define AGENT_STEPS_WIPE_FLEET_H

#include "agent/step.h"

/*
 * Wipes blocks[0..n) and appends one evidence object for each to `wiped`, in their order. 0 when each has ended, proven or
 * not: the objects say which. -ECANCELED after a cancelled order, or the journal's error: then the children are dead.
 */
int wipe_fleet_run(struct job *job, const struct block *const *blocks, unsigned n, json_t *wiped,
		   struct err *err) _must_check_;

#endif
