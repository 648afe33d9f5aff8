/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a baseline of what one BMC has told. */
#ifndef PROTOCOL_BASELINE_CAPTURE_H
#define PROTOCOL_BASELINE_CAPTURE_H

#include "protocol/baseline/baseline.h"

/*
 * read[]: by enum baseline_part, as baseline_compare() takes it, all there. Each component, setting and account as it is; components of the same
 * kind and name become one rule with all their versions. Left out is what a baseline cannot hold: components without a version, settings
 * that are not printable ASCII. -EBADMSG: nothing is left, or too much.
 */
int baseline_capture_from(const char *name, const json_t *const read[BASELINE_PARTS], json_t **ret,
			  struct err *err) _must_check_;

#endif
