/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to a check-in. docs/protocol.md, "POST /v1/agent/checkin". */
#ifndef AGENT_CHECKIN_H
#define AGENT_CHECKIN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "core/err.h"
#include "core/hash.h"
#include "protocol/journal.h"
#include "protocol/order/order.h"

#define PROTOCOL_VERSION    1
#define CHECKIN_NONCE_SIZE  33   /* 128 bits in hexadecimal, with the NUL */
#define CHECKIN_JOURNAL_MAX 4096 /* entries */

struct checkin {
	time_t time; /* the station's, fresh: the nonce was ours */
	uint64_t lease_id;
	char *token;            /* of the lease; secret memory */
	char node[64];          /* "" for a machine that the station does not know */
	struct order *order;    /* NULL: none */
	char why_no_order[512]; /* "" with an order */
	bool has_quote; /* the station knows a key of this machine's TPM, and wants the evidence quoted */
	bool quote_required; /* it takes none without */
	bool power_cycle;    /* it can give this machine a power cycle */
	uint8_t quote_nonce[SHA256_SIZE];
	struct journal_entry *journal;
	unsigned n_journal;
};

/* -EBADMSG names the field; a nonce other than ours and an order for another node are refused. */
int checkin_parse(const json_t *answer, const char *nonce, struct checkin **ret,
		  struct err *err) _must_check_;
void checkin_free(struct checkin *checkin);
DEFINE_CLEANUP(struct checkin *, checkin_free);

#endif
