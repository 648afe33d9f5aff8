/* SPDX-License-Identifier: Apache-2.0 */
/* Which drives an order means, and why the others are left alone. No I/O. */
#ifndef AGENT_STEPS_WIPE_TARGETS_H
#define AGENT_STEPS_WIPE_TARGETS_H

#include <jansson.h>

#include "agent/hw/block/block.h"
#include "protocol/order/order.h"

struct wipe_targets {
	const struct block **drives; /* malloc'd; each one of the disks given */
	unsigned n;
	json_t *untouched; /* owned: the others, [{..., "reason"}] */
};

/*
 * The order's disks, or every one that may be erased. A name that means no drive, or more than one (namespaces of one are one), or one that may not be erased is an
 * error, as are two drives of one name, a root disk that is not among them, no root disk for an order with an image, and no drive at
 * all.
 */
int wipe_targets_choose(const struct order *order, const struct block *disks, unsigned n_disks,
			const struct block *const *roots, unsigned n_roots, struct wipe_targets *ret,
			struct err *err) _must_check_;
void wipe_targets_clear(struct wipe_targets *targets);

#endif
