/* SPDX-License-Identifier: Apache-2.0 */
/* The overlays that the agent ran with: whose drivers and tools took part. docs/certificate.md, "Overlays". */
#ifndef PROTOCOL_EVIDENCE_OVERLAYS_H
#define PROTOCOL_EVIDENCE_OVERLAYS_H

#include <jansson.h>

#include "core/err.h"

/* evidence.overlays, which may be missing or null: the order names none. */
int evidence_overlays_check(const json_t *evidence, struct err *err) _must_check_;
/* Are they those that the order names (its "overlays", NULL or null: none), in its order? -EBADMSG. For evidence that has been checked. */
int evidence_overlays_are_of(const json_t *evidence, const json_t *named, struct err *err) _must_check_;
/* A sentence about evidence that has been checked, with a space in front; "" where it says nothing. malloc'd. */
char *evidence_overlays_statement(const json_t *evidence) _must_check_;

#endif
