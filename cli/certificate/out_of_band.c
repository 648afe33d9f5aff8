/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/certificate/out_of_band.h"

#include <string.h>

#include "cli/client.h"
#include "core/io.h"

static const struct {
	const char *key, *words, *comparing;
} parts[] = {
	{"firmware", "Firmware", "comparing the versions of the firmware with a baseline"},
	{"bios", "BIOS settings", "comparing the BIOS settings with a baseline"},
	{"accounts", "BMC accounts", "comparing the accounts of the management controller with a baseline"},
};
enum { N_PARTS = sizeof(parts) / sizeof(parts[0]) };

static long long number(const json_t *obj, const char *key)
{
	return json_integer_value(json_object_get(obj, key));
}

static long long listed(const json_t *result, const char *list, const char *more)
{
	return (long long)json_array_size(json_object_get(result, list)) + number(result, more);
}

static void say(json_t *list, char *sentence)
{
	json_array_append_new(list, json_string(sentence));
	free(sentence);
}

static char *value_words(const json_t *value, const char *none)
{
	char *text;

	if (!value || json_is_null(value))
		return xstrdup(none);
	if (json_is_string(value))
		return *json_string_value(value) ? xstrdup(json_string_value(value)) : xstrdup("\"\"");
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
	return text ?: xstrdup("-");
}

static void say_difference(json_t *list, const json_t *difference)
{
	const json_t *wanted = json_object_get(difference, "expected"),
		     *there = json_object_get(difference, "found");
	_cleanup_free_ char *expected = value_words(wanted, "none"),
			    *found = value_words(there, "it is not there");

	if (json_is_null(wanted))
		say(list,
		    str_printf("%s: it should not be there (%s).", json_text(difference, "what"), found));
	else
		say(list, str_printf("%s: expected %s, found: %s.", json_text(difference, "what"), expected,
				     found));
}

static void say_differences(json_t *list, const json_t *result)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(result, "differing"), i, item)
		say_difference(list, item);
	if (number(result, "differing_more"))
		say(list, str_printf("And %lld more.", number(result, "differing_more")));
}

static void say_part(json_t *list, unsigned part, const json_t *result)
{
	const char *state = json_text(result, "state"), *words = parts[part].words;

	if (!json_is_object(result))
		return;
	if (!strcmp(state, "equal")) {
		say(list, str_printf("%s: equal; %lld compared, of %lld more the baseline says nothing.",
				     words, number(result, "checked"), number(result, "not_compared")));
	} else if (!strcmp(state, "differing")) {
		say(list,
		    str_printf("%s: differing, %lld of %lld compared.", words,
			       listed(result, "differing", "differing_more"), number(result, "checked")));
		say_differences(list, result);
	} else {
		say(list, str_printf("%s: not readable: %s.", words, json_text(result, "reason")));
	}
}

static void say_log(json_t *list, const json_t *log)
{
	if (!json_is_object(log))
		return;
	if (strcmp(json_text(log, "state"), "archived") != 0)
		say(list, str_printf("Event log: not readable: %s.", json_text(log, "reason")));
	else
		say(list, str_printf("Event log: %lld entries%s are kept at the station, SHA-256 %s.",
				     number(log, "entries"),
				     json_is_true(json_object_get(log, "cut")) ? ", not all," : "",
				     json_text(log, "sha256")));
}

json_t *words_out_of_band(const json_t *out_of_band)
{
	const json_t *baseline = json_object_get(out_of_band, "baseline");
	json_t *list = json_array();

	if (json_is_object(baseline))
		say(list,
		    str_printf("What the management controller told (%s) was compared with the baseline %s "
			       "(SHA-256 %s).",
			       json_text(out_of_band, "read"), json_text(baseline, "name"),
			       json_text(baseline, "sha256")));
	for (unsigned part = 0; part < N_PARTS; part++)
		say_part(list, part, json_object_get(out_of_band, parts[part].key));
	say_log(list, json_object_get(out_of_band, "event_log"));
	return list;
}

static void part_not_done(const json_t *out_of_band, unsigned part, json_t *list,
			  void (*add)(json_t *list, const char *what, const char *where, const char *reason))
{
	const json_t *result = json_object_get(out_of_band, parts[part].key), *item;
	const char *baseline = json_text(json_object_get(out_of_band, "baseline"), "name");
	size_t i;

	if (!json_is_object(result))
		add(list, parts[part].comparing, baseline, "the baseline says nothing of it");
	else if (!strcmp(json_text(result, "state"), "not-readable"))
		add(list, parts[part].comparing, baseline, json_text(result, "reason"));
	else
		json_array_foreach(json_object_get(result, "not_readable"), i, item)
			add(list, parts[part].comparing, json_text(item, "what"), json_text(item, "reason"));
}

void words_out_of_band_not_done(const json_t *certificate, json_t *list,
				void (*add)(json_t *list, const char *what, const char *where,
					    const char *reason))
{
	const json_t *out_of_band = json_object_get(certificate, "out_of_band"),
		     *log = json_object_get(out_of_band, "event_log");

	if (!out_of_band) /* of an older station, which does not know of it */
		return;
	if (!json_is_object(json_object_get(out_of_band, "baseline")))
		add(list, "comparing firmware, BIOS settings and BMC accounts with a baseline",
		    json_text(certificate, "node"), "the order named none");
	else
		for (unsigned part = 0; part < N_PARTS; part++)
			part_not_done(out_of_band, part, list, add);
	if (!strcmp(json_text(log, "state"), "not-readable"))
		add(list, "keeping the event log of the management controller",
		    json_text(certificate, "node"), json_text(log, "reason"));
}
