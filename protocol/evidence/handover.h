/* SPDX-License-Identifier: Apache-2.0 */
/* How the machine goes over to its tenant's system, in evidence and certificate. docs/certificate.md, "Handover". */
#ifndef PROTOCOL_EVIDENCE_HANDOVER_H
#define PROTOCOL_EVIDENCE_HANDOVER_H

#include <jansson.h>

#include "core/err.h"

/* evidence.handover, which may be missing or null: nothing was to be started, or an older agent does not say. */
int evidence_handover_check(const json_t *evidence, struct err *err) _must_check_;
/* A sentence about evidence that has been checked, with a space in front; "" where it says nothing. */
const char *evidence_handover_statement(const json_t *evidence);

#endif
