/* SPDX-License-Identifier: Apache-2.0 */
/* The plan of a drive's erasure: a pure function from what the drive is and can do to an ordered list of methods. */
#ifndef AGENT_WIPE_PLAN_H
#define AGENT_WIPE_PLAN_H

#include "agent/hw/block.h"
#include "agent/hw/nvme.h"

enum wipe_method {
	WIPE_NVME_FORMAT_CRYPTO, /* Format NVM, SES 2 */
	WIPE_NVME_FORMAT_USER,   /* Format NVM, SES 1 */
	WIPE_DISCARD_AND_ZERO,   /* discard, then zeros over the whole range */
	WIPE_OVERWRITE_ZERO,     /* zeros over the whole range */
};

#define WIPE_METHODS_MAX 4

struct wipe_choice {
	enum wipe_method method;
	char reason[320]; /* why it stands at this place, and what stronger was passed over */
};

/* Tried in this order until one is proven; the last is always WIPE_OVERWRITE_ZERO. */
struct wipe_plan {
	struct wipe_choice choices[WIPE_METHODS_MAX];
	unsigned n;
};

/* caps: NULL when the drive is not NVMe or did not say. */
void wipe_plan_make(const struct block *block, const struct nvme_caps *caps, struct wipe_plan *ret);

const char *wipe_method_name(enum wipe_method method);
/* "purge" or "clear", as docs/wipe.md derives it. */
const char *wipe_method_level(enum wipe_method method);

#endif
