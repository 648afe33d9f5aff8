/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the document, strictly. */
#include "protocol/baseline/baseline.h"

#include <string.h>

#include "core/json.h"
#include "protocol/baseline/part.h"
#include "protocol/evidence/fields.h"
#include "protocol/node.h"

static const char *const part_names[] = {"firmware", "bios", "accounts"};

const char *baseline_part_name(enum baseline_part part)
{
	return part_names[part];
}

bool baseline_is_text(const json_t *value, size_t min, size_t max)
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);

	if (!text || len < min || len > max)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return true;
}

static int check_policy(const json_t *baseline, struct err *err)
{
	static const char *const keys[] = {"firmware", "bios", "accounts", NULL}, *const words[] = {"record",
												    "hold",
												    NULL};
	json_t *policy;
	int r;

	if (!json_object_get(baseline, "on_difference"))
		return 0;
	r = json_get_object(baseline, "baseline", "on_difference", &policy, err);
	if (r == 0)
		r = json_only_keys(policy, "baseline.on_difference", keys, err);
	for (unsigned i = 0; r == 0 && i < BASELINE_PARTS; i++) {
		if (!json_object_get(policy, part_names[i]))
			continue;
		r = evidence_word_check(policy, "baseline.on_difference", part_names[i], words, err);
		if (r == 0 && !json_object_get(baseline, part_names[i]))
			r = err_set(err, EBADMSG, "baseline.on_difference.%s: the baseline has no %s",
				    part_names[i], part_names[i]);
	}
	return r;
}

int baseline_check(const json_t *baseline, struct err *err)
{
	static const char *const keys[] = {"baseline", "name",          "firmware", "bios",
					   "accounts", "on_difference", NULL};
	static int (*const parts[])(const json_t *baseline, struct err *err) = {
		baseline_firmware_check, baseline_bios_check, baseline_accounts_check};
	const char *name = NULL;
	unsigned asked = 0;
	uint64_t version;
	int r;

	if (!json_is_object(baseline))
		return err_set(err, EBADMSG, "a baseline must be an object");
	r = json_get_u64(baseline, "baseline", "baseline", 1, 1, &version, err);
	if (r == 0)
		r = json_only_keys(baseline, "baseline", keys, err);
	if (r == 0)
		r = json_get_str(baseline, "baseline", "name", 63, &name, err);
	if (r == 0 && !name_valid(name))
		r = err_set(err, EBADMSG, "baseline.name: lower-case letters, digits, '.' and '-' alone");
	for (unsigned i = 0; r == 0 && i < BASELINE_PARTS; i++) {
		if (!json_object_get(baseline, part_names[i]))
			continue;
		asked++;
		r = parts[i](baseline, err);
	}
	if (r == 0 && !asked)
		r = err_set(err, EBADMSG, "baseline: it says nothing of firmware, bios or accounts");
	return r ? r : check_policy(baseline, err);
}

const char *baseline_name(const json_t *baseline)
{
	return json_string_value(json_object_get(baseline, "name"));
}

bool baseline_asks(const json_t *baseline, enum baseline_part part)
{
	return json_object_get(baseline, part_names[part]) != NULL;
}

bool baseline_holds(const json_t *baseline, enum baseline_part part)
{
	const json_t *policy = json_object_get(baseline, "on_difference");

	return !strcmp(evidence_word(policy, part_names[part]), "hold");
}

void baseline_sha256(const json_t *baseline, char ret[SHA256_HEX_SIZE])
{
	size_t len = 0;
	_cleanup_free_ char *text = json_canonical(baseline, &len);

	sha256_hex(text, len, ret);
}
