/* SPDX-License-Identifier: Apache-2.0 */
/* The network that the tenant's system was given, in evidence and certificate. docs/certificate.md, "Network". */
#ifndef PROTOCOL_EVIDENCE_NETWORK_H
#define PROTOCOL_EVIDENCE_NETWORK_H

#include <jansson.h>

#include "core/err.h"

/* evidence.network, which may be missing or null: the order says nothing of a network. */
int evidence_network_check(const json_t *evidence, struct err *err) _must_check_;
/* A sentence about evidence that has been checked, with a space in front; "" where it says nothing. malloc'd. */
char *evidence_network_statement(const json_t *evidence);

#endif
