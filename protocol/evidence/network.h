/* SPDX-License-Identifier: Apache-2.0 */
/* The network that the tenant's system was given, in evidence and certificate. docs/certificate.md, "Network". */
#ifndef PROTOCOL_EVIDENCE_NETWORK_H
#define PROTOCOL_EVIDENCE_NETWORK_H

#include <jansson.h>

#include "core/err.h"

struct network;

/* evidence.network, which may be missing or null: the order says nothing of a network. */
int evidence_network_check(const json_t *evidence, struct err *err) _must_check_;
/*
 * Is it what this order's network (NULL: it has none) is rendered to, for the ports that it names? -EBADMSG. For evidence that has been checked. An agent
 * that renders otherwise, because it is of another version, is refused too.
 */
int evidence_network_is_of(const json_t *evidence, const struct network *network,
			   struct err *err) _must_check_;
/* A sentence about evidence that has been checked, with a space in front; "" where it says nothing. malloc'd. */
char *evidence_network_statement(const json_t *evidence);

#endif
