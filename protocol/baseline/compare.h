/* SPDX-License-Identifier: Apache-2.0 */
/* Compares what a BMC has told with a baseline. Pure: what was read comes as JSON. */
#ifndef PROTOCOL_BASELINE_COMPARE_H
#define PROTOCOL_BASELINE_COMPARE_H

#include "protocol/baseline/baseline.h"

/* What a component of firmware is: "bios", "bmc", "nic", "drive", "gpu"; "inventory" is what the BMC lists itself. NULL-terminated. */
extern const char *const baseline_kinds[];

/*
 * A part that the baseline has. read, borrowed, by the part:
 *   firmware: {"components": [{"kind", "id", "name", "version"}], "problems": [{"part", "reason"}]}
 *   bios:     {"attributes": {name: value}, "pending": {name: value} or null, "unreadable": [name]}
 *   accounts: {"accounts": [{"user", "role", "enabled"}], "problems": [{"part", "reason"}]}
 * NULL: it could not be read, for `reason`. A new object as protocol/baseline/result.h has it.
 */
json_t *baseline_compare(const json_t *baseline, enum baseline_part part, const json_t *read,
			 const char *reason) _must_check_;

#endif
