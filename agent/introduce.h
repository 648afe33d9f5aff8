/* SPDX-License-Identifier: Apache-2.0 */
/* How a boot comes to its lease: the hint, what the TPM says, the check-in. docs/protocol.md, "Agent calls" */
#ifndef AGENT_INTRODUCE_H
#define AGENT_INTRODUCE_H

#include "agent/checkin.h"
#include "agent/steps/quote.h"
#include "agent/talk.h"
#include "core/err.h"
#include "protocol/node.h"

struct introduction {
	struct talk *talk;
	const struct node_identity *identity;
	char *hint; /* HINT_SIZE bytes, the boot script's or ""; wiped */
	void (*alive)(void *data);
	void (*hint_spent)(void *data); /* this boot cannot check in again */
	void *data;
};

/* 0: *ret is the station's answer, *ret_quote what the evidence's quote needs; 1: the machine is to start from its disk. */
int introduce(const struct introduction *in, struct checkin **ret, struct quote_key *ret_quote,
	      struct err *err) _must_check_;

#endif
