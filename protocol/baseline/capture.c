/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/baseline/capture.h"

#include <string.h>

#include "core/json.h"
#include "protocol/baseline/compare.h"
#include "protocol/baseline/part.h"
#include "protocol/evidence/fields.h"

/* Drives, NICs and GPUs are known by their model, since another machine has others of it; what the BMC lists itself by its id. */
static json_t *component_of(const json_t *component)
{
	const char *kind = evidence_word(component, "kind");
	const json_t *id = json_object_get(component, "id"), *name = json_object_get(component, "name");
	json_t *rule = json_pack("{s:s}", "kind", kind);

	if (!strcmp(kind, "inventory")) {
		if (baseline_is_text(id, 1, BASELINE_PATTERN_MAX))
			json_object_set(rule, "id", (json_t *)id);
	} else if (strcmp(kind, "bios") != 0 && baseline_is_text(name, 1, BASELINE_PATTERN_MAX)) {
		json_object_set(rule, "name", (json_t *)name);
	}
	return rule;
}

/* One more version that a rule allows; in order, "version" is a text as long as there is one. */
static void allow(json_t *rule, json_t *version)
{
	json_t *allowed = json_object_get(rule, "version");
	size_t i;

	if (json_is_string(allowed)) {
		if (json_equal(allowed, version))
			return;
		json_object_set_new(rule, "version", json_pack("[O, O]", allowed, version));
		return;
	}
	for (i = 0; i < json_array_size(allowed); i++)
		if (json_equal(json_array_get(allowed, i), version))
			return;
	json_array_append(allowed, version);
}

static void capture_component(json_t *rules, const json_t *component)
{
	_cleanup_json_ json_t *wanted = component_of(component);
	json_t *version = json_object_get(component, "version"), *rule;
	size_t i;

	if (!baseline_is_text(version, 1, BASELINE_TEXT_MAX))
		return;
	json_array_foreach(rules, i, rule)
		if (json_equal(json_object_get(rule, "component"), wanted)) {
			allow(rule, version);
			return;
		}
	json_array_append_new(rules, json_pack("{s:O, s:O}", "component", wanted, "version", version));
}

static json_t *capture_firmware(const json_t *read)
{
	const json_t *components = json_object_get(read, "components");
	json_t *rules = json_array();

	for (size_t i = 0; i < json_array_size(components) && i < BASELINE_ATTRIBUTES_MAX; i++)
		capture_component(rules, json_array_get(components, i));
	return rules;
}

static json_t *capture_bios(const json_t *read)
{
	json_t *attributes = json_object_get(read, "attributes"), *kept = json_object(), *value;
	const char *name;

	json_object_foreach(attributes, name, value) {
		_cleanup_json_ json_t *text = json_string(name);

		if (baseline_is_text(text, 1, BASELINE_TEXT_MAX) && name[strspn(name, " ")] &&
		    (json_is_number(value) || json_is_boolean(value) ||
		     baseline_is_text(value, 0, BASELINE_VALUE_MAX)))
			json_object_set(kept, name, value);
	}
	return kept;
}

static json_t *capture_accounts(const json_t *read)
{
	const json_t *accounts = json_object_get(read, "accounts");
	json_t *allowed = json_array();

	for (size_t i = 0; i < json_array_size(accounts); i++) {
		const json_t *account = json_array_get(accounts, i), *user = json_object_get(account, "user"),
			     *role = json_object_get(account, "role");

		if (baseline_is_text(user, 1, BASELINE_PATTERN_MAX))
			json_array_append_new(
				allowed,
				json_pack("{s:O, s:O*}", "user", user, "role",
					  baseline_is_text(role, 1, BASELINE_PATTERN_MAX) ? role : NULL));
	}
	return allowed;
}

int baseline_capture_from(const char *name, const json_t *const read[BASELINE_PARTS], json_t **ret,
			  struct err *err)
{
	_cleanup_json_ json_t *baseline = json_pack("{s:i, s:s}", "baseline", 1, "name", name),
			      *firmware = capture_firmware(read[BASELINE_FIRMWARE]),
			      *attributes = capture_bios(read[BASELINE_BIOS]),
			      *allowed = capture_accounts(read[BASELINE_ACCOUNTS]);
	int r;

	if (json_array_size(firmware))
		json_object_set(baseline, "firmware", firmware);
	if (json_object_size(attributes))
		json_object_set_new(baseline, "bios", json_pack("{s:O}", "attributes", attributes));
	if (json_array_size(allowed))
		json_object_set_new(baseline, "accounts", json_pack("{s:O}", "allowed", allowed));
	r = baseline_check(baseline, err);
	if (r < 0)
		return err_prepend(err, "what the BMC tells makes no baseline");
	*ret = TAKE_PTR(baseline);
	return 0;
}
