/* SPDX-License-Identifier: Apache-2.0 */
/* Strict reading and canonical writing of JSON. */
#include "core/json.h"

#include <stdarg.h>
#include <string.h>

#include "core/io.h"

#define DEPTH_MAX 32
#define REALS     JSON_REAL_PRECISION(15) /* 0.95 stays 0.95 */

/* jansson alone would go 2048 levels deep; strings are skipped, so brackets in them do not count. */
static bool too_deep(const char *buf, size_t len)
{
	unsigned depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < len; i++) {
		if (in_string) {
			if (buf[i] == '\\')
				i++;
			else if (buf[i] == '"')
				in_string = false;
		} else if (buf[i] == '"') {
			in_string = true;
		} else if (buf[i] == '{' || buf[i] == '[') {
			if (++depth > DEPTH_MAX)
				return true;
		} else if ((buf[i] == '}' || buf[i] == ']') && depth) {
			depth--;
		}
	}
	return false;
}

int json_parse(const void *buf, size_t len, json_t **ret, struct err *err)
{
	json_error_t error;
	json_t *json;

	if (too_deep(buf, len))
		return err_set(err, EBADMSG, "JSON: more than %d levels", DEPTH_MAX);
	json = json_loadb(buf, len, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		return err_set(err, EBADMSG, "JSON: line %d, column %d: %s", error.line, error.column,
			       error.text);
	*ret = json;
	return 0;
}

int json_read_file(const char *path, size_t limit, json_t **ret, struct err *err)
{
	_cleanup_free_ char *buf = NULL;
	size_t len;
	int r = file_read(path, limit, &buf, &len, err);

	if (r < 0)
		return r;
	r = json_parse(buf, len, ret, err);
	return r < 0 ? err_prepend(err, "%s", path) : 0;
}

char *json_canonical(const json_t *json, size_t *ret_len)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY | REALS);

	if (!text)
		abort();
	if (ret_len)
		*ret_len = strlen(text);
	return text;
}

char *json_pretty(const json_t *json, size_t *ret_len)
{
	_cleanup_free_ char *text =
		json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENCODE_ANY | REALS);

	if (!text)
		abort();
	if (ret_len)
		*ret_len = strlen(text) + 1;
	return str_printf("%s\n", text);
}

int json_read(json_t *json, struct err *err, const char *what, const char *fmt, ...)
{
	json_error_t error;
	va_list args;
	int r;

	va_start(args, fmt);
	r = json_vunpack_ex(json, &error, JSON_STRICT, fmt, args);
	va_end(args);
	return r < 0 ? err_set(err, EBADMSG, "%s: %s", what, error.text) : 0;
}

static int wrong(struct err *err, const char *what, const char *key, const json_t *value, const char *want)
{
	if (!value)
		return err_set(err, EBADMSG, "%s.%s is missing", what, key);
	return err_set(err, EBADMSG, "%s.%s must be %s", what, key, want);
}

int json_get_str(const json_t *obj, const char *what, const char *key, size_t max, const char **ret,
		 struct err *err)
{
	const json_t *value = json_object_get(obj, key);
	size_t len = json_string_length(value);
	const char *text = json_string_value(value);

	if (!text)
		return wrong(err, what, key, value, "a string");
	if (!len || len > max)
		return err_set(err, EBADMSG, "%s.%s has %zu bytes; it must have 1 to %zu", what, key, len,
			       max);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return err_set(err, EBADMSG, "%s.%s has a control character", what, key);
	*ret = text;
	return 0;
}

int json_get_str_or_empty(const json_t *obj, const char *what, const char *key, size_t max, const char **ret,
			  struct err *err)
{
	const json_t *value = json_object_get(obj, key);

	if (json_is_string(value) && !json_string_length(value)) {
		*ret = "";
		return 0;
	}
	return json_get_str(obj, what, key, max, ret, err);
}

int json_get_u64(const json_t *obj, const char *what, const char *key, uint64_t min, uint64_t max,
		 uint64_t *ret, struct err *err)
{
	const json_t *value = json_object_get(obj, key);
	json_int_t n = json_integer_value(value);

	if (!json_is_integer(value))
		return wrong(err, what, key, value, "an integer");
	if (n < 0 || (uint64_t)n < min || (uint64_t)n > max)
		return err_set(err, EBADMSG, "%s.%s is %lld; it must be %llu to %llu", what, key,
			       (long long)n, (unsigned long long)min, (unsigned long long)max);
	*ret = (uint64_t)n;
	return 0;
}

int json_get_bool(const json_t *obj, const char *what, const char *key, bool *ret, struct err *err)
{
	const json_t *value = json_object_get(obj, key);

	if (!json_is_boolean(value))
		return wrong(err, what, key, value, "true or false");
	*ret = json_is_true(value);
	return 0;
}

int json_get_object(const json_t *obj, const char *what, const char *key, json_t **ret, struct err *err)
{
	json_t *value = json_object_get(obj, key);

	if (!json_is_object(value))
		return wrong(err, what, key, value, "an object");
	*ret = value;
	return 0;
}

int json_get_array(const json_t *obj, const char *what, const char *key, size_t max, json_t **ret,
		   struct err *err)
{
	json_t *value = json_object_get(obj, key);

	if (!json_is_array(value))
		return wrong(err, what, key, value, "an array");
	if (json_array_size(value) > max)
		return err_set(err, EBADMSG, "%s.%s has %zu members; at most %zu are allowed", what, key,
			       json_array_size(value), max);
	*ret = value;
	return 0;
}

static bool absent(const json_t *obj, const char *key)
{
	const json_t *value = json_object_get(obj, key);

	return !value || json_is_null(value);
}

int json_opt_str(const json_t *obj, const char *what, const char *key, size_t max, const char **ret,
		 struct err *err)
{
	return absent(obj, key) ? 0 : json_get_str(obj, what, key, max, ret, err);
}

int json_opt_u64(const json_t *obj, const char *what, const char *key, uint64_t min, uint64_t max,
		 uint64_t *ret, struct err *err)
{
	return absent(obj, key) ? 0 : json_get_u64(obj, what, key, min, max, ret, err);
}

int json_opt_bool(const json_t *obj, const char *what, const char *key, bool *ret, struct err *err)
{
	return absent(obj, key) ? 0 : json_get_bool(obj, what, key, ret, err);
}

static bool is_among(const char *key, const char *const *keys)
{
	for (; *keys; keys++)
		if (!strcmp(key, *keys))
			return true;
	return false;
}

int json_only_keys(const json_t *obj, const char *what, const char *const *keys, struct err *err)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)obj, key, value)
		if (!is_among(key, keys))
			return err_set(err, EBADMSG, "%s: unknown key \"%s\"", what, key);
	return 0;
}
