/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan of a drive's erasure: a pure function from what the drive is and can do, and what the order demands, to an ordered list of
 * methods. docs/wipe.md, "The plan".
 */
#ifndef AGENT_WIPE_PLAN_H
#define AGENT_WIPE_PLAN_H

#include <jansson.h>

#include "agent/wipe/policy.h"

struct wipe_subject {
	const struct block *block;
	const struct wipe_caps *caps;
	const struct wipe_policy *policy;
	unsigned
		n_meant; /* NVMe: how many of the subsystem's namespaces the order means, this one included */
	bool has_psid, has_sid;
};

struct wipe_choice {
	enum wipe_method method;
	enum wipe_level level;
	char reason[320]; /* why it stands at this place; of one that was passed over, why it does not */
};

struct wipe_plan {
	struct wipe_choice choices[WIPE_METHODS]; /* tried in this order until one is proven */
	unsigned n; /* 0: no method of the demanded level remains, and the drive is not touched */
	struct wipe_choice passed_over[WIPE_METHODS]; /* those that this kind of drive may have */
	unsigned n_passed_over;
};

void wipe_plan_make(const struct wipe_subject *subject, struct wipe_plan *ret);

/* One sentence for a plan without a method: what was demanded, and why each method that reaches it is not there. */
void wipe_plan_why_none(const struct wipe_plan *plan, const struct wipe_policy *policy, char *ret,
			size_t size);

/* {"plan": [{method, level, reason}], "passed_over": [{method, reason}]} */
json_t *wipe_plan_to_json(const struct wipe_plan *plan) _must_check_;

#endif
