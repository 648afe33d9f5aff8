/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of events as it comes over the wire (HTML standard, "Server-sent events": parsing and interpreting an event stream), cut
 * anywhere, from a server that may mean harm.
 */
#ifndef REDFISH_SSE_H
#define REDFISH_SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

#define RF_SSE_LINE_MAX (256u << 10) /* bytes; a real event of OpenBMC has some hundred */
#define RF_SSE_DATA_MAX (1u << 20)   /* bytes of an event's data */
#define RF_SSE_ID_MAX \
	128 /* bytes with the NUL; what is longer, or cannot stand in a header, counts as none */
#define RF_SSE_TYPE_MAX 64 /* the same */

/* All is borrowed, until the call returns. */
struct rf_sse_event {
	const char *id;   /* the last one that the stream has named; "" */
	const char *type; /* "message" where the stream does not say */
	const char *data; /* NUL after len */
	size_t len;
};

struct rf_sse;

/* `take` gets each event that is complete. */
struct rf_sse *rf_sse_new(void (*take)(void *data, const struct rf_sse_event *event),
			  void *data) _must_check_;
void rf_sse_free(struct rf_sse *sse);
DEFINE_CLEANUP(struct rf_sse *, rf_sse_free);

/* -EFBIG: a line or an event over the bounds; nothing more is to be fed then but after rf_sse_restart(). */
int rf_sse_feed(struct rf_sse *sse, const char *buf, size_t len, struct err *err) _must_check_;

/* Another connection begins: what was not complete is dropped; the last id and the time to wait stay. */
void rf_sse_restart(struct rf_sse *sse);

const char *rf_sse_last_id(
	const struct rf_sse *sse); /* of the last complete event; "": none. Printable ASCII */
bool rf_sse_retry(const struct rf_sse *sse,
		  unsigned *ret_ms); /* how long to wait before another connection, if it has said */

#endif
