/* SPDX-License-Identifier: Apache-2.0 */
/* Is this the machine that an order on a boot medium means? No I/O. docs/standalone.md, "Which machine" */
#ifndef AGENT_ALONE_DRIVES_H
#define AGENT_ALONE_DRIVES_H

#include "agent/steps/wipe/targets.h"
#include "protocol/order/alone.h"

/* Every drive that would be erased is named by its serial number, and every number is that of such a drive. -EPERM says which is not. */
int alone_drives_match(const struct order_alone *alone, const struct wipe_targets *targets,
		       struct err *err) _must_check_;
/* From here on the order means these drives, by name, and none that appears later. */
void alone_drives_fix(struct order *order, const struct wipe_targets *targets);

#endif
