/* SPDX-License-Identifier: Apache-2.0 */
/* Events: what the agent reports while it works. docs/protocol.md, "Events". */
#ifndef PROTOCOL_EVENT_H
#define PROTOCOL_EVENT_H

#include <jansson.h>
#include <stdint.h>
#include <time.h>

#include "core/err.h"

enum event_kind {
	EVENT_STEP_BEGUN, /* a row's run begins */
	EVENT_PROGRESS,   /* done and total are set, in bytes unless unit says otherwise */
	EVENT_STEP_DONE,
	EVENT_STEP_FAILED, /* text says why */
	EVENT_NOTE,        /* text for the operator */
};

struct event {
	uint64_t seq; /* 1, 2, ... for each lease */
	time_t time;
	enum event_kind kind;
	char phase[16];       /* "observe" ... "hand-over" */
	char step[32];        /* row name; "" for the agent as a whole */
	uint64_t done, total; /* EVENT_PROGRESS */
	char text[512];
};

#define EVENT_BATCH_MAX 256

int event_from_json(const json_t *json, struct event *ret, struct err *err) _must_check_;
json_t *event_to_json(const struct event *event) _must_check_;
const char *event_kind_name(enum event_kind kind);

#endif
