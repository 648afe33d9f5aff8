/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The drives' part of evidence_check(): type, range and words of each field, and that no field contradicts another. What is in order but
 * proves nothing passes: it is claim.h that judges. docs/certificate.md, "Drives".
 */
#ifndef PROTOCOL_EVIDENCE_DRIVE_H
#define PROTOCOL_EVIDENCE_DRIVE_H

#include <jansson.h>

#include "core/err.h"

int evidence_drive_check(const json_t *drive, unsigned i, struct err *err) _must_check_;
/* A drive that was left alone is an inventory's object with a reason: more keys may be there. */
int evidence_untouched_check(const json_t *drive, unsigned i, struct err *err) _must_check_;

/*
 * The parts of a drive, each in a file of its own; `what` names the drive in errors. They rely on identity, method, level and outcome,
 * which evidence_drive_check() has looked at before.
 */
int evidence_policy_check(const json_t *drive, const char *what, struct err *err) _must_check_;
/* Is what a drive was proven under no less than what an order's `wipe` (docs/protocol.md, "Order") demands? -EBADMSG. For evidence that has been checked. */
int evidence_policies_are_of(const json_t *evidence, const json_t *wipe, struct err *err) _must_check_;
int evidence_attempts_check(const json_t *drive, const char *what,
			    struct err *err) _must_check_; /* plan, passed_over, attempts */
int evidence_proof_check(const json_t *drive, const char *what, struct err *err) _must_check_;

#endif
