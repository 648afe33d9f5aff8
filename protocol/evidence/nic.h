/* SPDX-License-Identifier: Apache-2.0 */
/* What network cards were set to, and what they said after it. docs/certificate.md, "Network cards". */
#ifndef PROTOCOL_EVIDENCE_NIC_H
#define PROTOCOL_EVIDENCE_NIC_H

#include <jansson.h>

#include "core/err.h"

struct order_nics;

#define EVIDENCE_NICS_MAX 160 /* records: cards, and entries that match none */

/* evidence.nics, which may be missing or null: the order says nothing of network cards. */
int evidence_nics_check(const json_t *evidence, struct err *err) _must_check_;
/*
 * Is there a record of each of the order's entries, and of no other, and does each say of all that its entry asks for that it was brought about, or that something was not done?
 * -EBADMSG. For evidence that has been checked, whose required records have nothing that was not done.
 */
int evidence_nics_are_as_ordered(const json_t *evidence, const struct order_nics *nics,
				 struct err *err) _must_check_;
/* A sentence about evidence that has been checked, with a space in front; "" where it says nothing. malloc'd. */
char *evidence_nics_statement(const json_t *evidence);

#endif
