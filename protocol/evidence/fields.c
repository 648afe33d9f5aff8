/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/evidence/fields.h"

#include <string.h>

#include "core/json.h"
#include "core/time.h"

static int check_time(const json_t *obj, const char *what, const char *key, struct err *err)
{
	const char *text;
	time_t t;
	int r = json_get_str(obj, what, key, TIME_TEXT_SIZE - 1, &text, err);

	if (!r && time_parse(text, &t) < 0)
		r = err_set(err, EBADMSG, "%s.%s: \"%s\" is not a time such as 2026-11-22T21:00:00Z", what,
			    key, text);
	return r;
}

int evidence_span_check(const json_t *obj, const char *what, struct err *err)
{
	int r = check_time(obj, what, "begun", err);

	return r < 0 ? r : check_time(obj, what, "ended", err);
}

int evidence_word_check(const json_t *obj, const char *what, const char *key, const char *const *words,
			struct err *err)
{
	const char *word;
	int r = json_get_str(obj, what, key, EVIDENCE_METHOD_MAX, &word, err);

	if (r < 0)
		return r;
	for (const char *const *w = words; *w; w++)
		if (!strcmp(word, *w))
			return 0;
	return err_set(err, EBADMSG, "%s.%s: \"%s\" is not a word that may stand there", what, key, word);
}

int evidence_digest_check(const json_t *obj, const char *what, const char *key, struct err *err)
{
	const char *text;
	int r = json_get_str(obj, what, key, 64, &text, err);

	if (!r && (strlen(text) != 64 || text[strspn(text, "0123456789abcdef")]))
		r = err_set(err, EBADMSG, "%s.%s must be 64 hexadecimal digits", what, key);
	return r;
}

int evidence_level_check(const json_t *obj, const char *what, struct err *err)
{
	static const char *const levels[] = {"clear", "purge", NULL};

	return evidence_word_check(obj, what, "level", levels, err);
}

int evidence_method_check(const json_t *obj, const char *what, const struct erasure **ret, struct err *err)
{
	const struct erasure *erasure;
	const char *name;
	int r = json_get_str(obj, what, "method", EVIDENCE_METHOD_MAX, &name, err);

	if (r < 0)
		return r;
	erasure = erasure_find(name);
	if (!erasure)
		return err_set(err, EBADMSG, "%s.method: \"%s\" is no method", what, name);
	if (ret)
		*ret = erasure;
	return 0;
}

int evidence_list_check(const json_t *obj, const char *what, const char *key, size_t max,
			const char *const *keys, json_t **ret, struct err *err)
{
	json_t *list, *item;
	size_t i;
	int r = json_get_array(obj, what, key, max, &list, err);

	if (r < 0)
		return r;
	json_array_foreach(list, i, item) {
		if (!json_is_object(item))
			return err_set(err, EBADMSG, "%s.%s[%zu] must be an object", what, key, i);
		r = json_only_keys(item, key, keys, err);
		if (r < 0)
			return err_prepend(err, "%s", what);
	}
	*ret = list;
	return 0;
}

static bool is_printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return true;
}

static int check_free(const json_t *value, const char *what, unsigned depth, struct err *err)
{
	const char *key;
	json_t *member;
	size_t i;
	int r = 0;

	if (depth > EVIDENCE_FREE_DEPTH)
		return err_set(err, EBADMSG, "%s has more than %d levels", what, EVIDENCE_FREE_DEPTH);
	if (json_is_string(value) && !is_printable(json_string_value(value), json_string_length(value)))
		return err_set(err, EBADMSG, "%s has a text that is not printable ASCII", what);
	json_array_foreach(value, i, member)
		if (!r)
			r = check_free(member, what, depth + 1, err);
	json_object_foreach((json_t *)value, key, member) {
		if (!r && (!*key || !is_printable(key, strlen(key))))
			r = err_set(err, EBADMSG, "%s has a key that is not printable ASCII", what);
		if (!r)
			r = check_free(member, what, depth + 1, err);
	}
	return r;
}

int evidence_free_check(const json_t *value, const char *what, size_t max, struct err *err)
{
	int r = check_free(value, what, 0, err);
	size_t len = r ? 0 : json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);

	if (!r && len > max)
		r = err_set(err, EBADMSG, "%s has %zu bytes; at most %zu are taken", what, len, max);
	return r;
}
