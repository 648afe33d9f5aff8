/* SPDX-License-Identifier: Apache-2.0 */
/* One namespace of the whole capacity on each NVMe drive, where the order asks for it. */
#ifndef AGENT_STEPS_WIPE_SINGLE_H
#define AGENT_STEPS_WIPE_SINGLE_H

#include "agent/step.h"

/*
 * After every namespace has been proven erased: drives that have others than a single one of (nearly) their whole capacity get that.
 * *ret_changed: the machine is to boot again, so that the order goes on with the drives as they are now. drives: those that were erased.
 */
int wipe_single(struct job *job, const struct block *const *drives, unsigned n, bool *ret_changed,
		struct err *err) _must_check_;

#endif
