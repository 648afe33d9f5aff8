/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/baseline/out_of_band.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "core/time.h"
#include "protocol/baseline/compare.h"
#include "protocol/baseline/result.h"
#include "protocol/evidence/fields.h"

#define HOLD_DETAILS 4 /* differences that a reason tells; of the others, how many there are */

static json_t *name_baseline(const json_t *baseline)
{
	char sha256[SHA256_HEX_SIZE];

	if (!baseline)
		return json_null();
	baseline_sha256(baseline, sha256);
	return json_pack("{s:s, s:s}", "name", baseline_name(baseline), "sha256", sha256);
}

json_t *out_of_band_new(const json_t *baseline, time_t when)
{
	char text[TIME_TEXT_SIZE];

	time_format(when, text);
	return json_pack("{s:o, s:s, s:n, s:n, s:n, s:n}", "baseline", name_baseline(baseline), "read", text,
			 "firmware", "bios", "accounts", "event_log");
}

void out_of_band_compare(json_t *out_of_band, const json_t *baseline, enum baseline_part part,
			 const json_t *read, const char *reason)
{
	json_object_set_new(out_of_band, baseline_part_name(part),
			    baseline_compare(baseline, part, read, reason));
}

void out_of_band_archived(json_t *out_of_band, const void *log, size_t len, size_t entries, bool cut)
{
	char sha256[SHA256_HEX_SIZE];

	sha256_hex(log, len, sha256);
	json_object_set_new(out_of_band, "event_log",
			    json_pack("{s:s, s:n, s:I, s:b, s:s}", "state", "archived", "reason", "entries",
				      (json_int_t)entries, "cut", cut, "sha256", sha256));
}

void out_of_band_no_log(json_t *out_of_band, const char *reason)
{
	json_object_set_new(out_of_band, "event_log",
			    json_pack("{s:s, s:o, s:i, s:b, s:n}", "state", "not-readable", "reason",
				      baseline_string(reason), "entries", 0, "cut", 0, "sha256"));
}

json_t *out_of_band_unread(const json_t *baseline, const char *reason)
{
	json_t *made = out_of_band_new(baseline, 0);

	json_object_set_new(made, "read", json_null());
	for (unsigned part = 0; part < BASELINE_PARTS; part++)
		if (baseline && baseline_asks(baseline, part))
			out_of_band_compare(made, baseline, part, NULL, reason);
	out_of_band_no_log(made, reason);
	return made;
}

static const char *value_text(const json_t *value, const char *none, char **ret)
{
	if (json_is_null(value))
		return none;
	*ret = json_is_string(value) ? xstrdup(json_string_value(value))
				     : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
	return *ret ?: "";
}

static void append(char **text, char *more)
{
	char *whole = str_printf("%s%s", *text ?: "", more);

	free(*text);
	free(more);
	*text = whole;
}

/* "firmware differs: bios: 2.19.1 expected, 2.18.0 found; …" */
static void tell_differences(const json_t *result, const char *part, char **text)
{
	const json_t *list = json_object_get(result, "differing"), *item;
	json_int_t more = json_integer_value(json_object_get(result, "differing_more"));
	size_t i;

	append(text, str_printf("%s%s differs", *text ? "; " : "", part));
	json_array_foreach((json_t *)list, i, item) {
		_cleanup_free_ char *expected = NULL, *found = NULL;

		if (i == HOLD_DETAILS) {
			more += (json_int_t)(json_array_size(list) - i);
			break;
		}
		append(text, str_printf("%s %.80s: %.80s expected, %.80s found", i ? "," : ":",
					evidence_word(item, "what"),
					value_text(json_object_get(item, "expected"), "none", &expected),
					value_text(json_object_get(item, "found"), "none", &found)));
	}
	if (more)
		append(text, str_printf(", and %lld more", (long long)more));
}

char *out_of_band_hold(const json_t *out_of_band)
{
	char *text = NULL, *whole;

	for (unsigned part = 0; part < BASELINE_PARTS; part++) {
		const char *name = baseline_part_name(part);
		const json_t *result = json_object_get(out_of_band, name);
		const char *state = evidence_word(result, "state");

		if (strcmp(evidence_word(result, "on_difference"), "hold") != 0)
			continue;
		if (!strcmp(state, "differing"))
			tell_differences(result, name, &text);
		else if (strcmp(state, "equal") != 0)
			append(&text, str_printf("%s%s cannot be read: %s", text ? "; " : "", name,
						 evidence_word(result, "reason")));
	}
	if (!text)
		return NULL;
	whole = str_printf("the machine is not as its baseline %s says: %.800s",
			   evidence_word(json_object_get(out_of_band, "baseline"), "name"), text);
	free(text);
	return whole;
}

static void state_part(const json_t *out_of_band, const char *part, char **text)
{
	const json_t *result = json_object_get(out_of_band, part);
	const char *state = evidence_word(result, "state");
	long long checked = json_integer_value(json_object_get(result, "checked")),
		  differing = (long long)json_array_size(json_object_get(result, "differing")) +
			      json_integer_value(json_object_get(result, "differing_more"));

	if (!json_is_object(result))
		append(text, str_printf(" %s: not compared.", part));
	else if (!strcmp(state, "equal"))
		append(text, str_printf(" %s: equal (%lld compared).", part, checked));
	else if (!strcmp(state, "differing"))
		append(text, str_printf(" %s: differing (%lld of %lld compared).", part, differing, checked));
	else
		append(text, str_printf(" %s: not readable.", part));
}

char *out_of_band_statement(const json_t *out_of_band)
{
	const json_t *baseline = json_object_get(out_of_band, "baseline");
	char *text = NULL;

	if (!json_is_object(baseline))
		return xstrdup("");
	text = str_printf(" What the management controller told was compared with the baseline %s.",
			  evidence_word(baseline, "name"));
	for (unsigned part = 0; part < BASELINE_PARTS; part++)
		state_part(out_of_band, baseline_part_name(part), &text);
	return text;
}
