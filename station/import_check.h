/* SPDX-License-Identifier: Apache-2.0 */
/* A record of stand-alone use that somebody brings, with its order: is it what it says? docs/standalone.md, "Import" */
#ifndef STATION_IMPORT_CHECK_H
#define STATION_IMPORT_CHECK_H

#include "core/cms.h"
#include "protocol/order/alone.h"
#include "protocol/standalone.h"
#include "station/request.h"

/* A request's body, and what its parts say. */
struct import {
	json_t *json;                  /* owned; the texts are within */
	const char *order_text, *text; /* of the order, and of the record */
	size_t order_len, len;
	uint8_t *order_sig, *sig; /* owned */
	size_t order_sig_len, sig_len;
	struct order *order;
	struct standalone record;
	struct cms_signer signer; /* of the order */
	char id[SHA256_HEX_SIZE]; /* of the record: what it is known by */
};

/*
 * Reads the body and judges it, without the store: the order's signature by the station's trust, the record's by the key that it names, that
 * the one is of the other, and that the evidence speaks of the drives that the order names. -EBADMSG; -ESTALE: nobody's orders
 * are trusted here. *ret is filled as far as it came, and import_clear()ed by the caller in any case.
 */
int import_check(const struct request *req, struct import *ret, struct err *err) _must_check_;
void import_clear(struct import *import);

#endif
