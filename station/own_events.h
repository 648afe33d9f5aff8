/* SPDX-License-Identifier: Apache-2.0 */
/* Events of the station itself among those of agents: they belong to lease 0, which no agent has, and to the phase "station". */
#ifndef STATION_OWN_EVENTS_H
#define STATION_OWN_EVENTS_H

#include <stdint.h>

#include "core/err.h"

struct store;

/* A note about an order; step says what of the station speaks ("bmc"). Within a transaction; who waits for events is to be woken after it. */
int own_event_note(struct store *store, int64_t order, const char *step, const char *text,
		   struct err *err) _must_check_;

#endif
