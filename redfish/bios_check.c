/* SPDX-License-Identifier: Apache-2.0 */
/* Is a value one that an attribute may have? Asked before anything is sent: a BIOS that takes half of a write is a riddle. */
#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "redfish/answer.h"
#include "redfish/bios_registry.h"
#include "redfish/value.h"

/* DSP2046, AttributeRegistry: Type. */
enum kind { KIND_UNKNOWN, KIND_ENUMERATION, KIND_STRING, KIND_INTEGER, KIND_BOOLEAN, KIND_OTHER };

static enum kind kind_of(const json_t *entry, const json_t *is)
{
	static const char *const words[] = {[KIND_ENUMERATION] = "Enumeration",
					    [KIND_STRING] = "String",
					    [KIND_INTEGER] = "Integer",
					    [KIND_BOOLEAN] = "Boolean"};
	const char *type = json_string_value(json_object_get(entry, "type"));

	for (unsigned i = KIND_ENUMERATION; type && i <= KIND_BOOLEAN; i++)
		if (!strcmp(type, words[i]))
			return (enum kind)i;
	if (type) /* Password, and what is yet to come */
		return KIND_OTHER;
	return json_is_integer(is)   ? KIND_INTEGER
	       : json_is_boolean(is) ? KIND_BOOLEAN
	       : json_is_string(is)  ? KIND_STRING
				     : KIND_UNKNOWN;
}

/* A text as a value of that kind; a string where it is none. */
static json_t *read_text(const char *text, enum kind kind)
{
	char *end;
	long long number;

	if (kind == KIND_BOOLEAN && (!strcmp(text, "true") || !strcmp(text, "false")))
		return json_boolean(!strcmp(text, "true"));
	errno = 0;
	number = strtoll(text, &end, 10);
	if (kind == KIND_INTEGER && *text && !*end && !errno)
		return json_integer(number);
	return json_string(text);
}

static int wrong(const char *name, const json_t *value, const char *may, struct err *err)
{
	_cleanup_free_ char *shown = rf_bios_shown(value);

	return err_set(err, EINVAL, "the BIOS attribute %s cannot be %s: %s", name, shown, may);
}

static int check_choice(const char *name, const json_t *entry, const json_t *value, struct err *err)
{
	const json_t *values = json_object_get(entry, "values");
	_cleanup_free_ char *listed = rf_listed(values), *plain = rf_plain(listed);
	_cleanup_free_ char *may = str_printf("it is one of %s", plain);

	if (!json_is_string(value))
		return wrong(name, value, may, err);
	return json_is_array(values) && !rf_among(values, json_string_value(value))
		       ? wrong(name, value, may, err)
		       : 0;
}

/* Within a bound of the registry, where it has one. */
static bool within(const json_t *entry, const char *low, const char *high, double n)
{
	const json_t *least = json_object_get(entry, low), *most = json_object_get(entry, high);

	return (!json_is_number(least) || n >= json_number_value(least)) &&
	       (!json_is_number(most) || n <= json_number_value(most));
}

static int check_number(const char *name, const json_t *entry, const json_t *value, struct err *err)
{
	const json_t *step = json_object_get(entry, "step"), *low = json_object_get(entry, "min");
	uint64_t above = (uint64_t)json_integer_value(value) - (uint64_t)json_integer_value(low);
	json_int_t by = json_integer_value(step);
	_cleanup_free_ char *least = rf_bios_shown(low), *most = rf_bios_shown(json_object_get(entry, "max"));
	_cleanup_free_ char *may =
		entry ? str_printf("it is a whole number from %s to %s", least, most) : NULL;

	if (!json_is_integer(value) || !within(entry, "min", "max", json_number_value(value)))
		return wrong(name, value, may ? may : "it is a whole number", err);
	if (by > 1 && json_is_integer(low) && above % (uint64_t)by)
		return wrong(name, value, "it goes by steps", err);
	return 0;
}

static int check_string(const char *name, const json_t *entry, const json_t *value, struct err *err)
{
	if (!json_is_string(value) || json_string_length(value) > RF_ATTRIBUTE_TEXT_MAX)
		return wrong(name, value, "it is a text", err);
	for (const char *p = json_string_value(value); *p; p++)
		if (*p > 0 && *p < 0x20)
			return wrong(name, value, "it is a text without control characters", err);
	return within(entry, "min_length", "max_length", (double)json_string_length(value))
		       ? 0
		       : wrong(name, value, "it is too short or too long", err);
}

static int check_kind(const char *name, enum kind kind, const json_t *entry, const json_t *value,
		      struct err *err)
{
	switch (kind) {
	case KIND_ENUMERATION:
		return check_choice(name, entry, value, err);
	case KIND_INTEGER:
		return check_number(name, entry, value, err);
	case KIND_STRING:
		return check_string(name, entry, value, err);
	case KIND_BOOLEAN:
		return json_is_boolean(value) ? 0 : wrong(name, value, "it is true or false", err);
	case KIND_OTHER:
		return err_set(err, EOPNOTSUPP, "the BIOS attribute %s is of a type that is not set here",
			       name);
	case KIND_UNKNOWN:
		break;
	}
	return json_is_object(value) || json_is_array(value) ? wrong(name, value, "it is a plain value", err)
							     : 0;
}

int rf_bios_check(const char *name, const json_t *entry, const json_t *is, const json_t *value, bool as_text,
		  json_t **ret, struct err *err)
{
	const enum kind kind = kind_of(entry, is);
	_cleanup_json_ json_t *read =
		as_text ? read_text(json_string_value(value), kind) : json_incref((json_t *)value);
	int r;

	if (json_is_true(json_object_get(entry, "read_only")))
		return err_set(err, EINVAL, "the BIOS attribute %s is read-only", name);
	r = check_kind(name, kind, entry, read, err);
	if (r == 0)
		*ret = TAKE_PTR(read);
	return r;
}
