/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request with all that makes it arrive: who asks, retries with backoff for what passes (and for that alone), one login anew after
 * 401, Accept-Encoding, redirects within the BMC.
 */
#ifndef REDFISH_CALL_H
#define REDFISH_CALL_H

#include "core/json.h"
#include "redfish/bmc.h"

struct rf_call {
	const char *method, *path;
	const char *body; /* JSON; NULL: none */
	size_t len;
	const char *if_match;           /* NULL: none */
	bool anonymous;                 /* without credentials */
	bool once;                      /* no retry at all */
	const struct rf_upload *upload; /* as in struct rf_exchange */
	const struct rf_stream *stream; /* the same; a stream that broke off is not begun again here */
};

/* 0: an answer of any status, after the retries. *ret is to be cleared in each case. */
int rf_call(struct rf_bmc *bmc, const struct rf_call *call, struct rf_answer *ret,
	    struct err *err) _must_check_;

/* Reads a resource; other statuses than 200 are errors. ret_etag, unless NULL: RF_ETAG_MAX bytes, "" where there is no tag. */
int rf_get(struct rf_bmc *bmc, const char *path, json_t **ret, char *ret_etag, struct err *err) _must_check_;

#endif
