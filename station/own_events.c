/* SPDX-License-Identifier: Apache-2.0 */
#include "station/own_events.h"

#include "core/json.h"
#include "protocol/event.h"
#include "station/store.h"

int own_event_note(struct store *store, int64_t order, const char *step, const char *text, struct err *err)
{
	struct event event = {.kind = EVENT_NOTE, .phase = "station", .time = time(NULL)};
	_cleanup_json_ json_t *json = NULL;
	_cleanup_free_ char *body = NULL;
	int64_t seq = 1;
	int r = store_int(store, err, 1, &seq, "SELECT coalesce(max(seq), 0) + 1 FROM events WHERE lease = 0",
			  "");

	if (r < 0)
		return r;
	event.seq = (uint64_t)seq;
	snprintf(event.step, sizeof(event.step), "%s", step);
	snprintf(event.text, sizeof(event.text), "%s", text);
	json = event_to_json(&event);
	body = json ? json_canonical(json, NULL) : NULL;
	if (!body)
		return err_set(err, EINVAL, "an event of the station is not UTF-8");
	r = store_exec(store, err,
		       "INSERT INTO events (lease, seq, order_seq, kind, event) VALUES (0, ?1, ?2, ?3, ?4)",
		       "iiss", seq, order, event_kind_name(event.kind), body);
	return r < 0 ? r : 0;
}
