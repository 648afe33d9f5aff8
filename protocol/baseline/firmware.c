/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware of a baseline: rules of which each names components and the versions that they may have. */
#include <string.h>

#include "core/glob.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/baseline/compare.h"
#include "protocol/baseline/part.h"
#include "protocol/baseline/result.h"
#include "protocol/evidence/fields.h"

#define COMPONENTS_MAX 1024 /* of a machine; the rest is not compared, and said to be so */
#define NAME_SIZE      128

const char *const baseline_kinds[] = {"bios", "bmc", "nic", "drive", "gpu", "inventory", NULL};

static int check_pattern(const json_t *component, const char *what, const char *key, unsigned *n,
			 struct err *err)
{
	const char *pattern = NULL;
	int r = json_opt_str(component, what, key, BASELINE_PATTERN_MAX, &pattern, err);

	*n += pattern != NULL;
	return r;
}

static int check_component(const json_t *rule, const char *what, struct err *err)
{
	static const char *const keys[] = {"kind", "id", "name", NULL};
	json_t *component;
	unsigned n = 0;
	char inner[64];
	int r = json_get_object(rule, what, "component", &component, err);

	snprintf(inner, sizeof(inner), "%s.component", what);
	if (r == 0)
		r = json_only_keys(component, inner, keys, err);
	if (r == 0 && json_object_get(component, "kind")) {
		r = evidence_word_check(component, inner, "kind", baseline_kinds, err);
		n++;
	}
	if (r == 0)
		r = check_pattern(component, inner, "id", &n, err);
	if (r == 0)
		r = check_pattern(component, inner, "name", &n, err);
	if (r == 0 && !n)
		r = err_set(err, EBADMSG, "%s must have a kind, an id or a name", inner);
	return r;
}

/* Versions and settings are compared byte by byte, and those of BMCs are printable ASCII. */
static int check_version(const json_t *rule, const char *what, struct err *err)
{
	const json_t *version = json_object_get(rule, "version"), *one;
	size_t i;

	if (baseline_is_text(version, 1, BASELINE_TEXT_MAX))
		return 0;
	if (!json_is_array(version) || !json_array_size(version) ||
	    json_array_size(version) > BASELINE_VERSIONS_MAX)
		return err_set(err, EBADMSG,
			       "%s.version must be a text of 1 to %d printable ASCII characters, or a list "
			       "of 1 to %d such",
			       what, BASELINE_TEXT_MAX, BASELINE_VERSIONS_MAX);
	json_array_foreach((json_t *)version, i, one)
		if (!baseline_is_text(one, 1, BASELINE_TEXT_MAX))
			return err_set(err, EBADMSG,
				       "%s.version[%zu] must be a text of 1 to %d printable ASCII characters",
				       what, i, BASELINE_TEXT_MAX);
	return 0;
}

int baseline_firmware_check(const json_t *baseline, struct err *err)
{
	static const char *const keys[] = {"component", "version", "required", NULL};
	json_t *list, *rule;
	size_t i;
	int r = json_get_array(baseline, "baseline", "firmware", BASELINE_RULES_MAX, &list, err);

	if (r == 0 && !json_array_size(list))
		r = err_set(err, EBADMSG, "baseline.firmware: an empty list compares nothing; leave it out");
	if (r < 0)
		return r;
	json_array_foreach(list, i, rule) {
		bool required;
		char what[48];

		snprintf(what, sizeof(what), "baseline.firmware[%zu]", i);
		if (!json_is_object(rule))
			return err_set(err, EBADMSG, "%s must be an object", what);
		r = json_only_keys(rule, what, keys, err);
		if (r == 0)
			r = check_component(rule, what, err);
		if (r == 0)
			r = check_version(rule, what, err);
		if (r == 0)
			r = json_opt_bool(rule, what, "required", &required, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* As a BMC tells it, in plain text. */
struct component {
	char kind[16], id[NAME_SIZE], name[NAME_SIZE];
	const char *version; /* borrowed; NULL: the BMC does not say */
};

static void take(const json_t *json, struct component *ret)
{
	baseline_plain(json_string_value(json_object_get(json, "kind")), ret->kind, sizeof(ret->kind));
	baseline_plain(json_string_value(json_object_get(json, "id")), ret->id, sizeof(ret->id));
	baseline_plain(json_string_value(json_object_get(json, "name")), ret->name, sizeof(ret->name));
	ret->version = json_string_value(json_object_get(json, "version"));
}

/* "drive S4XY (PM9A3)" */
static void name_component(const struct component *component, char ret[BASELINE_WHAT_MAX + 1])
{
	bool more = component->name[0] && strcmp(component->name, component->id) != 0;
	_cleanup_free_ char *text = NULL;

	text = str_printf("%s%s%s%s%s%s", component->kind, component->id[0] ? " " : "", component->id,
			  more ? " (" : "", more ? component->name : "", more ? ")" : "");
	baseline_plain(text, ret, BASELINE_WHAT_MAX + 1);
}

static bool fits_pattern(const json_t *rule, const char *key, const char *text)
{
	const char *pattern = json_string_value(json_object_get(rule, key));

	return !pattern || glob_matches(pattern, text);
}

static bool fits(const json_t *rule, const struct component *component)
{
	const json_t *wanted = json_object_get(rule, "component");

	return fits_pattern(wanted, "kind", component->kind) && fits_pattern(wanted, "id", component->id) &&
	       fits_pattern(wanted, "name", component->name);
}

static bool is_allowed(const json_t *rule, const char *version)
{
	const json_t *allowed = json_object_get(rule, "version"), *one;
	size_t i;

	if (json_is_string(allowed))
		return !strcmp(json_string_value(allowed), version);
	json_array_foreach((json_t *)allowed, i, one)
		if (!strcmp(json_string_value(one), version))
			return true;
	return false;
}

/* "2.1", "2.1 or 2.2" */
static json_t *expected_of(const json_t *rule)
{
	const json_t *allowed = json_object_get(rule, "version"), *one;
	_cleanup_free_ char *text = NULL;
	size_t i;

	if (json_is_string(allowed))
		return json_incref((json_t *)allowed);
	json_array_foreach((json_t *)allowed, i, one) {
		char *longer = str_printf("%s%s%s", text ?: "", text ? " or " : "", json_string_value(one));

		free(text);
		text = longer;
	}
	return baseline_string(text);
}

static void compare_component(const json_t *rule, const struct component *component, json_t *result)
{
	_cleanup_json_ json_t *expected = NULL, *found = NULL;
	char what[BASELINE_WHAT_MAX + 1];

	name_component(component, what);
	baseline_result_checked(result);
	if (!component->version || !component->version[0]) {
		baseline_result_unread(result, what, "the BMC does not tell its version");
		return;
	}
	if (is_allowed(rule, component->version))
		return;
	expected = expected_of(rule);
	found = baseline_string(component->version);
	baseline_result_differs(result, what, expected, found);
}

/* "drive, id S4*, name PM9*" */
static void name_rule(const json_t *rule, char ret[BASELINE_WHAT_MAX + 1])
{
	static const char *const keys[] = {"kind", "id", "name"};
	const json_t *wanted = json_object_get(rule, "component");
	_cleanup_free_ char *text = NULL;

	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *word = json_string_value(json_object_get(wanted, keys[i]));
		char *longer;

		if (!word)
			continue;
		longer = i ? str_printf("%s%s%s %s", text ?: "", text ? ", " : "", keys[i], word)
			   : xstrdup(word);
		free(text);
		text = longer;
	}
	baseline_plain(text, ret, BASELINE_WHAT_MAX + 1);
}

/* A rule for which there is nothing. Where not all could be read it may be in what could not. */
static void compare_missing(const json_t *rule, bool all_read, json_t *result)
{
	const json_t *required = json_object_get(rule, "required");
	_cleanup_json_ json_t *expected = NULL;
	char what[BASELINE_WHAT_MAX + 1];

	if (json_is_false(required))
		return;
	name_rule(rule, what);
	baseline_result_checked(result);
	if (!all_read) {
		baseline_result_unread(result, what, "it is not among what could be read");
		return;
	}
	expected = expected_of(rule);
	baseline_result_differs(result, what, expected, NULL);
}

static void note_problems(const json_t *problems, json_t *result)
{
	const json_t *problem;
	size_t i;

	json_array_foreach((json_t *)problems, i, problem)
		baseline_result_unread(result, evidence_word(problem, "part"),
				       evidence_word(problem, "reason"));
}

void baseline_firmware_compare(const json_t *baseline, const json_t *read, json_t *result)
{
	const json_t *rules = json_object_get(baseline, "firmware"),
		     *components = json_object_get(read, "components"),
		     *problems = json_object_get(read, "problems");
	size_t n = json_array_size(components);
	bool seen[BASELINE_RULES_MAX] = {0}, all_read = !json_array_size(problems) && n <= COMPONENTS_MAX;

	for (size_t i = 0; i < n && i < COMPONENTS_MAX; i++) {
		struct component component;
		bool named = false;

		take(json_array_get(components, i), &component);
		for (size_t k = 0; k < json_array_size(rules); k++) {
			if (!fits(json_array_get(rules, k), &component))
				continue;
			seen[k] = named = true;
			compare_component(json_array_get(rules, k), &component, result);
		}
		if (!named)
			baseline_result_not_compared(result);
	}
	for (size_t k = 0; k < json_array_size(rules); k++)
		if (!seen[k])
			compare_missing(json_array_get(rules, k), all_read, result);
	if (n > COMPONENTS_MAX)
		baseline_result_unread(result, "components", "the BMC names more than 1024");
	note_problems(problems, result);
}
