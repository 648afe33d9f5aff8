/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/baseline/result.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/baseline/baseline.h"
#include "protocol/evidence/fields.h"

void baseline_plain(const char *text, char *buf, size_t size)
{
	size_t n = 0;

	for (; text && text[n] && n + 1 < size; n++)
		buf[n] = (char)(text[n] < 0x20 || text[n] > 0x7e ? '?' : text[n]);
	buf[n] = '\0';
}

json_t *baseline_string(const char *text)
{
	char buf[BASELINE_VALUE_MAX + 1];

	baseline_plain(text, buf, sizeof(buf));
	return json_string(buf);
}

json_t *baseline_result_new(bool hold)
{
	return json_pack("{s:s, s:n, s:s, s:i, s:i, s:[], s:i, s:[], s:i}", "state", "equal", "reason",
			 "on_difference", hold ? "hold" : "record", "checked", 0, "not_compared", 0,
			 "differing", "differing_more", 0, "not_readable", "not_readable_more", 0);
}

static void count(json_t *result, const char *key)
{
	json_t *number = json_object_get(result, key);

	json_integer_set(number, json_integer_value(number) + 1);
}

void baseline_result_checked(json_t *result)
{
	count(result, "checked");
}

void baseline_result_not_compared(json_t *result)
{
	count(result, "not_compared");
}

static void add(json_t *result, const char *key, const char *more, json_t *item)
{
	json_t *list = json_object_get(result, key);

	if (json_array_size(list) < BASELINE_LISTED_MAX) {
		json_array_append_new(list, item);
		return;
	}
	json_decref(item);
	count(result, more);
}

/* A value as it may stand in a record: of what is no plain value, what it is. */
static json_t *value_of(const json_t *value)
{
	if (!value)
		return json_null();
	if (json_is_string(value))
		return baseline_string(json_string_value(value));
	if (json_is_object(value) || json_is_array(value))
		return json_string(json_is_object(value) ? "(an object)" : "(a list)");
	return json_is_null(value) ? json_string("(null)") : json_deep_copy(value);
}

void baseline_result_differs(json_t *result, const char *what, const json_t *expected, const json_t *found)
{
	char name[BASELINE_WHAT_MAX + 1];

	baseline_plain(what, name, sizeof(name));
	add(result, "differing", "differing_more",
	    json_pack("{s:s, s:o, s:o}", "what", name, "expected", value_of(expected), "found",
		      value_of(found)));
}

void baseline_result_unread(json_t *result, const char *what, const char *reason)
{
	char name[BASELINE_WHAT_MAX + 1];

	baseline_plain(what, name, sizeof(name));
	add(result, "not_readable", "not_readable_more",
	    json_pack("{s:s, s:o}", "what", name, "reason", baseline_string(reason)));
}

/* Why a comparison is not whole, of which some could be read. */
static json_t *first_reason(const json_t *unread)
{
	const json_t *first = json_array_get(unread, 0);
	_cleanup_free_ char *reason =
		str_printf("%s: %s", evidence_word(first, "what"), evidence_word(first, "reason"));

	return baseline_string(reason);
}

void baseline_result_end(json_t *result, const char *reason)
{
	const json_t *unread = json_object_get(result, "not_readable");
	const char *state = "equal";

	if (reason || json_array_size(unread))
		state = "not-readable";
	/* That it differs is certain, however much else cannot be read. */
	if (json_array_size(json_object_get(result, "differing")))
		state = "differing";
	json_object_set_new(result, "state", json_string(state));
	if (!strcmp(state, "not-readable"))
		json_object_set_new(result, "reason",
				    reason ? baseline_string(reason) : first_reason(unread));
}
