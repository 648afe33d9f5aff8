/* SPDX-License-Identifier: Apache-2.0 */
/* From an order's words to what the wipe works with: the policy, the drives with their namespaces, and whether there is a plan for each. */
#ifndef AGENT_STEPS_WIPE_ORDER_H
#define AGENT_STEPS_WIPE_ORDER_H

#include "agent/wipe/drive.h"
#include "protocol/journal.h"
#include "protocol/order/order.h"

/* An unknown method in order.wipe.forbid is an error: it might have been meant for one that would be used. */
int wipe_policy_of_order(const struct order *order, struct wipe_policy *ret, struct err *err) _must_check_;

/*
 * blocks[0..n) as drives: those of one NVMe subsystem together. *ret_drives is malloc'd, each drive owned by the caller. `policy` must outlive them.
 * What the journal says to be under way is in the units.
 */
int wipe_drives_make(const struct order *order, const struct wipe_policy *policy,
		     const struct block *const *blocks, unsigned n, const struct journal_entry *journal,
		     unsigned n_journal, struct wipe_drive ***ret_drives, unsigned *ret_n,
		     struct err *err) _must_check_;

/* Opens each drive as the wipe will, asks what it can do, and makes its plan. Changes nothing. */
int wipe_check_plans(const struct order *order, const struct block *const *blocks, unsigned n,
		     struct err *err) _must_check_;

#endif
