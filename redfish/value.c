/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/value.h"

#include <string.h>

#include "core/io.h"

#define NAME_MAX_LEN 128

/* NULL where it is missing or null. */
static int find(const json_t *json, const char *what, const char *path, const json_t **ret, struct err *err)
{
	const json_t *at = json;
	const char *p = path;

	for (;;) {
		size_t len = strcspn(p, "/");
		char name[NAME_MAX_LEN];

		if (at && !json_is_object(at))
			return err_set(err, EBADMSG, "%s: what holds '%s' must be an object", what, path);
		if (len >= sizeof(name))
			return err_set(err, EINVAL, "%s: '%s' has too long a name", what, path);
		memcpy(name, p, len);
		name[len] = '\0';
		at = json_object_get(at, name);
		if (!at || json_is_null(at) || !p[len])
			break;
		p += len + 1;
	}
	*ret = json_is_null(at) ? NULL : at;
	return 0;
}

static int wrong(struct err *err, const char *what, const char *path, const char *want)
{
	return err_set(err, EBADMSG, "%s: '%s' must be %s", what, path, want);
}

int rf_str(const json_t *json, const char *what, const char *path, const char **ret, struct err *err)
{
	const json_t *value;
	int r = find(json, what, path, &value, err);

	if (r < 0)
		return r;
	if (value && !json_is_string(value))
		return wrong(err, what, path, "a string");
	if (json_string_length(value) > RF_TEXT_MAX)
		return err_set(err, EBADMSG, "%s: '%s' has %zu bytes", what, path, json_string_length(value));
	*ret = json_string_value(value);
	return 0;
}

int rf_bool(const json_t *json, const char *what, const char *path, bool *ret, struct err *err)
{
	const json_t *value;
	int r = find(json, what, path, &value, err);

	if (r < 0)
		return r;
	if (value && !json_is_boolean(value))
		return wrong(err, what, path, "true or false");
	if (value)
		*ret = json_is_true(value);
	return 0;
}

int rf_int(const json_t *json, const char *what, const char *path, json_int_t *ret, struct err *err)
{
	const json_t *value;
	int r = find(json, what, path, &value, err);

	if (r < 0)
		return r;
	if (value && !json_is_integer(value))
		return wrong(err, what, path, "an integer");
	if (value)
		*ret = json_integer_value(value);
	return 0;
}

int rf_object(const json_t *json, const char *what, const char *path, json_t **ret, struct err *err)
{
	const json_t *value;
	int r = find(json, what, path, &value, err);

	if (r < 0)
		return r;
	if (value && !json_is_object(value))
		return wrong(err, what, path, "an object");
	*ret = (json_t *)value;
	return 0;
}

int rf_array(const json_t *json, const char *what, const char *path, json_t **ret, struct err *err)
{
	const json_t *value;
	int r = find(json, what, path, &value, err);

	if (r < 0)
		return r;
	if (value && !json_is_array(value))
		return wrong(err, what, path, "an array");
	*ret = (json_t *)value;
	return 0;
}

int rf_need_str(const json_t *json, const char *what, const char *path, const char **ret, struct err *err)
{
	const char *text = NULL;
	int r = rf_str(json, what, path, &text, err);

	if (r < 0)
		return r;
	if (!text)
		return err_set(err, EBADMSG, "%s: '%s' is missing", what, path);
	*ret = text;
	return 0;
}

int rf_need_object(const json_t *json, const char *what, const char *path, json_t **ret, struct err *err)
{
	json_t *object = NULL;
	int r = rf_object(json, what, path, &object, err);

	if (r < 0)
		return r;
	if (!object)
		return err_set(err, EBADMSG, "%s: '%s' is missing", what, path);
	*ret = object;
	return 0;
}

static int add_strings(const json_t *array, const char *what, const char *path, unsigned levels, json_t *into,
		       struct err *err)
{
	const json_t *value;
	size_t i;
	int r = 0;

	json_array_foreach((json_t *)array, i, value) {
		if (json_is_array(value) && levels)
			r = add_strings(value, what, path, levels - 1, into, err);
		else if (!json_is_string(value))
			r = wrong(err, what, path, "an array of strings");
		else
			json_array_append(into, (json_t *)value);
		if (r < 0)
			return r;
	}
	return 0;
}

int rf_strings(const json_t *json, const char *what, const char *path, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *found = NULL;
	json_t *array = NULL;
	int r = rf_array(json, what, path, &array, err);

	if (r < 0)
		return r;
	if (array) {
		found = json_array();
		r = add_strings(array, what, path, 1, found, err);
	}
	if (r == 0)
		*ret = TAKE_PTR(found);
	return r;
}

bool rf_among(const json_t *strings, const char *text)
{
	const json_t *value;
	size_t i;

	json_array_foreach((json_t *)strings, i, value)
		if (json_is_string(value) && !strcmp(json_string_value(value), text))
			return true;
	return false;
}

char *rf_listed(const json_t *strings)
{
	char *list = xstrdup("");
	const json_t *value;
	size_t i;

	json_array_foreach((json_t *)strings, i, value) {
		char *longer = str_printf("%s%s%.40s", list, i ? ", " : "", json_string_value(value));

		free(list);
		list = longer;
	}
	return list;
}

static bool has_type(const json_t *value, enum rf_type type)
{
	switch (type) {
	case RF_STRING:
		return json_is_string(value) && json_string_length(value) <= RF_TEXT_MAX;
	case RF_NUMBER:
		return json_is_number(value);
	case RF_FLAG:
		return json_is_boolean(value);
	}
	return false;
}

int rf_copy(const json_t *json, const char *what, const struct rf_field *fields, json_t *into,
	    struct err *err)
{
	static const char *const wanted[] = {"a string of at most 4096 bytes", "a number", "true or false"};

	for (; fields->path; fields++) {
		const json_t *value;
		int r = find(json, what, fields->path, &value, err);

		if (r < 0)
			return r;
		if (value && !has_type(value, fields->type))
			return wrong(err, what, fields->path, wanted[fields->type]);
		json_object_set_new(into, fields->as, value ? json_incref((json_t *)value) : json_null());
	}
	return 0;
}
