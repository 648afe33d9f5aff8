/* SPDX-License-Identifier: Apache-2.0 */
/* What a BMC tells of as it happens: its stream of server-sent events. DSP0266, "Server-sent events"; DSP2046, EventService. */
#ifndef REDFISH_EVENTS_H
#define REDFISH_EVENTS_H

#include "redfish/bmc.h"

struct rf_events_want {
	bool follow; /* begin again, after the last event, when the stream ends or breaks off */
	/*
	 * Each event: `id` as the stream has it, "" for none; the payload, an object (Event or MetricReport), or NULL and then why it cannot be
	 * read. It does not wait, and makes no requests.
	 */
	void (*take)(void *data, const char *id, const json_t *payload, const char *why);
	void *data;
};

/*
 * Until the stream ends (unless `follow`), the procedure's time is over or it is stopped: all of these are a success. -EOPNOTSUPP: the BMC has no
 * such stream; -EFBIG: more at once than is read; with `follow`, -EPROTO when streams end one after the other and bring nothing.
 */
int rf_events(struct rf_bmc *bmc, const struct rf_events_want *want, struct err *err) _must_check_;

#endif
