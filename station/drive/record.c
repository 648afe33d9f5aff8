/* SPDX-License-Identifier: Apache-2.0 */
#include "station/drive/record.h"

#include "core/time.h"

static json_t *now_json(void)
{
	char text[TIME_TEXT_SIZE];

	time_format(time(NULL), text);
	return json_string(text);
}

/* The record's list of that name, made when it is not there. */
static json_t *list_of(json_t *record, const char *name)
{
	json_t *list = json_object_get(record, name);

	if (!list) {
		list = json_array();
		json_object_set_new(record, name, list);
	}
	return list;
}

/* A list stops growing; how much it should have grown by stands beside it. */
static void append(json_t *record, const char *name, const char *more, json_t *entry)
{
	json_t *list = list_of(record, name);

	if (json_array_size(list) < DRIVE_ACTIONS_MAX) {
		json_array_append_new(list, entry);
		return;
	}
	json_decref(entry);
	json_object_set_new(record, more,
			    json_integer(json_integer_value(json_object_get(record, more)) + 1));
}

void drive_record_action(json_t *record, const char *what, const char *text, json_t *read)
{
	append(record, "actions", "actions_more",
	       json_pack("{s:o, s:s, s:s, s:o}", "time", now_json(), "what", what, "text", text, "read",
			 read ? read : json_null()));
}

void drive_record_start(json_t *record, const char *how, const char *uri)
{
	drive_record_end(record, "interrupted", "the station was stopped in the middle of it");
	append(record, "starts", "starts_more",
	       json_pack("{s:o, s:s, s:s?, s:n, s:n, s:n}", "begun", now_json(), "how", how, "uri", uri,
			 "ended", "outcome", "reason"));
}

bool drive_record_end(json_t *record, const char *outcome, const char *reason)
{
	json_t *starts = list_of(record, "starts"), *last;

	if (!json_array_size(starts))
		return false;
	last = json_array_get(starts, json_array_size(starts) - 1);
	if (!json_is_null(json_object_get(last, "outcome")))
		return false;
	json_object_set_new(last, "ended", now_json());
	json_object_set_new(last, "outcome", json_string(outcome));
	json_object_set_new(last, "reason", reason ? json_string(reason) : json_null());
	return true;
}
