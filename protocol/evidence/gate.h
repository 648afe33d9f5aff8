/* SPDX-License-Identifier: Apache-2.0 */
/* How the machine stood beside its class, before anything was destroyed and before the handover. docs/certificate.md, "Gate". */
#ifndef PROTOCOL_EVIDENCE_GATE_H
#define PROTOCOL_EVIDENCE_GATE_H

#include <jansson.h>

#include "core/err.h"

#define EVIDENCE_GATE_MAX 256 /* differences told of one comparison; of more there is the number */

/* evidence.gate, which may be missing or null: the order names no class. */
int evidence_gate_check(const json_t *evidence, struct err *err) _must_check_;
/* Is it of this class (SHA-256, hexadecimal; NULL: of none)? -EBADMSG. For evidence that has been checked. */
int evidence_gate_is_of(const json_t *evidence, const char *sha256, struct err *err) _must_check_;
/* A sentence about evidence that has been checked, with a space in front; "" where it says nothing. malloc'd. */
char *evidence_gate_statement(const json_t *evidence);

#endif
