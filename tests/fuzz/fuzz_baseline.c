/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* {"baseline": a document, "read": [what a BMC told of each part]}: checked, compared, told, and a baseline made of it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "protocol/baseline/baseline.h"
#include "protocol/baseline/capture.h"
#include "protocol/baseline/compare.h"
#include "protocol/baseline/out_of_band.h"
#include "protocol/baseline/result.h"

#define RESULT_MAX (128 * 1024) /* bytes that a part may add to a certificate */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_plain(const json_t *value)
{
	const char *key, *text = json_string_value(value);
	const json_t *member;
	json_t *part;
	size_t i;

	for (; text && *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			abort();
	json_array_foreach((json_t *)value, i, member)
		check_plain(member);
	json_object_foreach((json_t *)value, key, part)
		check_plain(part);
}

static void check_result(const json_t *result)
{
	const char *state = json_string_value(json_object_get(result, "state"));
	size_t differing = json_array_size(json_object_get(result, "differing"));

	if (!strcmp(state, "differing") != (differing > 0) || differing > BASELINE_LISTED_MAX)
		abort();
	if (!strcmp(state, "not-readable") != json_is_string(json_object_get(result, "reason")))
		abort();
	if (json_dumpb(result, NULL, 0, 0) > RESULT_MAX)
		abort();
	check_plain(result);
}

static void compare(const json_t *baseline, const json_t *const read[BASELINE_PARTS])
{
	_cleanup_json_ json_t *whole = out_of_band_new(baseline, 0);
	_cleanup_free_ char *hold = NULL, *statement = NULL;

	for (unsigned part = 0; part < BASELINE_PARTS; part++) {
		if (!baseline_asks(baseline, part))
			continue;
		out_of_band_compare(whole, baseline, part, json_is_object(read[part]) ? read[part] : NULL,
				    json_string_value(read[part]));
		check_result(json_object_get(whole, baseline_part_name(part)));
	}
	hold = out_of_band_hold(whole);
	statement = out_of_band_statement(whole);
	if (hold && strlen(hold) > 990)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_json_ json_t *json = NULL, *made = NULL;
	const json_t *baseline, *read[BASELINE_PARTS];
	struct err err = {0};

	if (json_parse(data, size, &json, &err) < 0)
		return 0;
	baseline = json_object_get(json, "baseline");
	for (unsigned part = 0; part < BASELINE_PARTS; part++)
		read[part] = json_array_get(json_object_get(json, "read"), part);
	if (baseline_check(baseline, &err) == 0)
		compare(baseline, read);
	if (baseline_capture_from("made", read, &made, &err) == 0 && baseline_check(made, &err) < 0)
		abort();
	return 0;
}
