/* SPDX-License-Identifier: Apache-2.0 */
/* Events: docs/protocol.md, "Events". */
#include "protocol/event.h"

#include <string.h>

#include "core/json.h"
#include "core/time.h"

#define SEQ_MAX   ((1ull << 53) - 1) /* what JSON readers keep */
#define BYTES_MAX ((1ull << 62) - 1)

static const char *const kinds[] = {
	[EVENT_STEP_BEGUN] = "step-begun",   [EVENT_PROGRESS] = "progress", [EVENT_STEP_DONE] = "step-done",
	[EVENT_STEP_FAILED] = "step-failed", [EVENT_NOTE] = "note",
};

static const char *const phases[] = {"observe", "prepare", "check",     "destroy", "configure",
				     "prove",   "commit",  "hand-over", NULL};

const char *event_kind_name(enum event_kind kind)
{
	return (size_t)kind < sizeof(kinds) / sizeof(kinds[0]) ? kinds[kind] : "unknown";
}

static int read_kind(const json_t *json, enum event_kind *ret, struct err *err)
{
	const char *name;
	int r = json_get_str(json, "event", "kind", 32, &name, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!strcmp(name, kinds[i])) {
			*ret = (enum event_kind)i;
			return 0;
		}
	}
	return err_set(err, EBADMSG, "event.kind: \"%s\" is unknown", name);
}

static int read_when(const json_t *json, struct event *event, struct err *err)
{
	const char *text;
	int r = json_get_str(json, "event", "time", TIME_TEXT_SIZE - 1, &text, err);

	if (r < 0)
		return r;
	if (time_parse(text, &event->time) < 0)
		return err_set(err, EBADMSG, "event.time: \"%s\" is not a time such as 2026-11-22T21:00:00Z",
			       text);
	return json_get_u64(json, "event", "seq", 1, SEQ_MAX, &event->seq, err);
}

static int read_where(const json_t *json, struct event *event, struct err *err)
{
	const char *phase, *step;
	int r = json_get_str(json, "event", "phase", sizeof(event->phase) - 1, &phase, err);

	if (!r)
		r = json_get_str_or_empty(json, "event", "step", sizeof(event->step) - 1, &step, err);
	if (r)
		return r;
	for (size_t i = 0; phases[i]; i++) {
		if (!strcmp(phase, phases[i])) {
			snprintf(event->phase, sizeof(event->phase), "%s", phase);
			snprintf(event->step, sizeof(event->step), "%s", step);
			return 0;
		}
	}
	return err_set(err, EBADMSG, "event.phase: \"%s\" is unknown", phase);
}

static int read_progress(const json_t *json, struct event *event, struct err *err)
{
	int r;

	if (event->kind != EVENT_PROGRESS) {
		if (json_object_get(json, "done") || json_object_get(json, "total"))
			return err_set(err, EBADMSG, "event.done and event.total go with \"progress\" alone");
		return 0;
	}
	r = json_get_u64(json, "event", "total", 0, BYTES_MAX, &event->total, err);
	if (r < 0)
		return r;
	return json_get_u64(json, "event", "done", 0, event->total, &event->done, err);
}

static int read_text(const json_t *json, struct event *event, struct err *err)
{
	bool needed = event->kind == EVENT_STEP_FAILED || event->kind == EVENT_NOTE;
	const char *text = "";
	int r = 0;

	if (needed)
		r = json_get_str(json, "event", "text", sizeof(event->text) - 1, &text, err);
	else if (json_object_get(json, "text"))
		r = json_get_str_or_empty(json, "event", "text", sizeof(event->text) - 1, &text, err);
	if (!r)
		snprintf(event->text, sizeof(event->text), "%s", text);
	return r;
}

int event_from_json(const json_t *json, struct event *ret, struct err *err)
{
	static const char *const keys[] = {"seq",  "time",  "kind", "phase", "step",
					   "done", "total", "text", NULL};
	struct event event = {0};
	int r;

	if (!json_is_object(json))
		return err_set(err, EBADMSG, "an event must be an object");
	r = json_only_keys(json, "event", keys, err);
	if (!r)
		r = read_kind(json, &event.kind, err);
	if (!r)
		r = read_when(json, &event, err);
	if (!r)
		r = read_where(json, &event, err);
	if (!r)
		r = read_progress(json, &event, err);
	if (!r)
		r = read_text(json, &event, err);
	if (!r)
		*ret = event;
	return r;
}

json_t *event_to_json(const struct event *event)
{
	char when[TIME_TEXT_SIZE];
	json_t *json;

	time_format(event->time, when);
	json = json_pack("{sI ss ss ss ss}", "seq", (json_int_t)event->seq, "time", when, "kind",
			 event_kind_name(event->kind), "phase", event->phase, "step", event->step);
	if (event->kind == EVENT_PROGRESS) {
		json_object_set_new(json, "done", json_integer((json_int_t)event->done));
		json_object_set_new(json, "total", json_integer((json_int_t)event->total));
	}
	if (*event->text)
		json_object_set_new(json, "text", json_string(event->text));
	return json;
}
