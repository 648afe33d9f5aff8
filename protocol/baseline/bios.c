/* SPDX-License-Identifier: Apache-2.0 */
/* The BIOS settings of a baseline: attributes by the names that the BMC has for them. */
#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/baseline/part.h"
#include "protocol/baseline/result.h"

static int check_attribute(const char *name, const json_t *value, struct err *err)
{
	size_t len = strlen(name);

	if (!len || len > BASELINE_TEXT_MAX || strspn(name, " ") == len)
		return err_set(err, EBADMSG, "baseline.bios.attributes: a name has %zu bytes", len);
	for (size_t i = 0; i < len; i++)
		if (name[i] < 0x20 || name[i] > 0x7e)
			return err_set(err, EBADMSG,
				       "baseline.bios.attributes: a name is not printable ASCII");
	if (!json_is_number(value) && !json_is_boolean(value) &&
	    !baseline_is_text(value, 0, BASELINE_VALUE_MAX))
		return err_set(err, EBADMSG,
			       "baseline.bios.attributes.%s must be a text of at most %d printable ASCII "
			       "characters, a number, true or false",
			       name, BASELINE_VALUE_MAX);
	return 0;
}

int baseline_bios_check(const json_t *baseline, struct err *err)
{
	static const char *const keys[] = {"attributes", NULL};
	json_t *bios, *attributes = NULL, *value;
	const char *name;
	size_t n;
	int r = json_get_object(baseline, "baseline", "bios", &bios, err);

	if (r == 0)
		r = json_only_keys(bios, "baseline.bios", keys, err);
	if (r == 0)
		r = json_get_object(bios, "baseline.bios", "attributes", &attributes, err);
	n = json_object_size(attributes);
	if (r == 0 && (!n || n > BASELINE_ATTRIBUTES_MAX))
		r = err_set(err, EBADMSG, "baseline.bios.attributes must have 1 to %d members, not %zu",
			    BASELINE_ATTRIBUTES_MAX, n);
	if (r < 0)
		return r;
	json_object_foreach(attributes, name, value) {
		r = check_attribute(name, value, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* 1 and 1.0 are the same number, and no number is the same as its text. */
static bool is_same(const json_t *a, const json_t *b)
{
	if (json_is_number(a) && json_is_number(b) && !(json_is_integer(a) && json_is_integer(b)))
		return !(json_number_value(a) < json_number_value(b)) &&
		       !(json_number_value(a) > json_number_value(b));
	return json_equal(a, b);
}

/* Is it among those of which the BMC tells something that is no value? */
static bool is_unreadable(const json_t *read, const char *name)
{
	const json_t *list = json_object_get(read, "unreadable"), *one;
	size_t i;

	json_array_foreach((json_t *)list, i, one)
		if (json_is_string(one) && !strcmp(json_string_value(one), name))
			return true;
	return false;
}

static void compare_attribute(const char *name, const json_t *expected, const json_t *read, json_t *result)
{
	const json_t *found = json_object_get(json_object_get(read, "attributes"), name),
		     *next = json_object_get(json_object_get(read, "pending"), name);
	_cleanup_free_ char *later = NULL;

	baseline_result_checked(result);
	if (!found && is_unreadable(read, name)) {
		baseline_result_unread(result, name, "its value is neither a text nor a number nor a flag");
		return;
	}
	if (!found || !is_same(expected, found)) {
		baseline_result_differs(result, name, expected, found);
		return;
	}
	/* What is right now and will not be after the machine's next start, which is the agent's. */
	if (!next || is_same(expected, next))
		return;
	later = str_printf("%s, from the next start on", name);
	baseline_result_differs(result, later, expected, next);
}

void baseline_bios_compare(const json_t *baseline, const json_t *read, json_t *result)
{
	json_t *profile = json_object_get(json_object_get(baseline, "bios"), "attributes"), *expected;
	const json_t *now = json_object_get(read, "attributes");
	const char *name;
	size_t named = 0;

	if (!json_object_size(now)) {
		baseline_result_unread(result, "attributes", "the BMC shows none");
		return;
	}
	json_object_foreach(profile, name, expected) {
		named += json_object_get(now, name) != NULL;
		compare_attribute(name, expected, read, result);
	}
	for (; named < json_object_size(now); named++)
		baseline_result_not_compared(result);
}
