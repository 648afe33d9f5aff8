/* SPDX-License-Identifier: Apache-2.0 */
/* What an order demands of the erasure of its drives. docs/wipe.md, "Policy". */
#ifndef AGENT_WIPE_POLICY_H
#define AGENT_WIPE_POLICY_H

#include <stdbool.h>

#include "agent/wipe/method.h"

struct wipe_policy {
	enum wipe_level at_least;     /* no method below it; purge is preferred in any case */
	bool forbidden[WIPE_METHODS]; /* by the order, or by the machine's class */
	bool sampled;                 /* reading back by sampling instead of as a whole */
};

#endif
