/* SPDX-License-Identifier: Apache-2.0 */
/* The Secure Boot bundle that the order names, fetched once and checked against the order's digest. */
#ifndef AGENT_STEPS_SB_FETCH_H
#define AGENT_STEPS_SB_FETCH_H

#include "agent/step.h"
#include "efi/secureboot.h"

/* Borrowed until the process ends. */
int sb_fetch(struct job *job, const struct sb_bundle **ret, struct err *err) _must_check_;

/* Is the site's platform key in force, and do all databases hold what the bundle says? -EIO says what does not. */
int sb_check_in_force(const struct secureboot *sb, const struct sb_bundle *bundle,
		      struct err *err) _must_check_;

#endif
