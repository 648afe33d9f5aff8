/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON on top of jansson: strict reading (no duplicate keys, bounded size and depth), canonical
 * writing, and errors that name the field. json_unpack_ex() is the schema; these add the bounds.
 */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define _cleanup_json_ _cleanup_(json_decrefp) /* json_decrefp is jansson's own */

/* Parses buf[0..len) as one JSON object or array; duplicate keys, NUL in strings, trailing data,
 * more than 32 levels and invalid UTF-8 are -EBADMSG. *ret is a new reference. */
int json_parse(const void *buf, size_t len, json_t **ret, struct err *err) _must_check_;

/* Reads and parses a file of at most limit bytes. */
int json_read_file(const char *path, size_t limit, json_t **ret, struct err *err) _must_check_;

/* The canonical form: keys sorted, no spaces, ASCII left as UTF-8. malloc'd, NUL after *ret_len, which may be NULL. */
char *json_canonical(const json_t *json, size_t *ret_len) _must_check_;

/* The same indented by two, keys sorted, one newline at the end. ret_len may be NULL. */
char *json_pretty(const json_t *json, size_t *ret_len) _must_check_;

/*
 * json_unpack_ex() in strict mode; the error says which document and field: "<what>: <field> ...".
 * Strings stay owned by json. A missing or superfluous key or a wrong type is -EBADMSG.
 */
int json_read(json_t *json, struct err *err, const char *what, const char *fmt, ...) _must_check_;

/* Typed members of an object, each checked; `key` missing or wrong is -EBADMSG naming what.key.
 * Strings: 1 to max bytes, no control characters. Integers: min..max. Borrowed from obj. */
int json_get_str(const json_t *obj, const char *what, const char *key, size_t max, const char **ret,
		 struct err *err) _must_check_;
/* The same where "" is a value too. */
int json_get_str_or_empty(const json_t *obj, const char *what, const char *key, size_t max, const char **ret,
			  struct err *err) _must_check_;
int json_get_u64(const json_t *obj, const char *what, const char *key, uint64_t min, uint64_t max,
		 uint64_t *ret, struct err *err) _must_check_;
int json_get_bool(const json_t *obj, const char *what, const char *key, bool *ret,
		  struct err *err) _must_check_;
int json_get_object(const json_t *obj, const char *what, const char *key, json_t **ret,
		    struct err *err) _must_check_;
int json_get_array(const json_t *obj, const char *what, const char *key, size_t max, json_t **ret,
		   struct err *err) _must_check_;

/* The same for a key that may be missing or null: *ret is then left as it is and the result is 0. */
int json_opt_str(const json_t *obj, const char *what, const char *key, size_t max, const char **ret,
		 struct err *err) _must_check_;
int json_opt_u64(const json_t *obj, const char *what, const char *key, uint64_t min, uint64_t max,
		 uint64_t *ret, struct err *err) _must_check_;
int json_opt_bool(const json_t *obj, const char *what, const char *key, bool *ret,
		  struct err *err) _must_check_;

/* -EBADMSG naming the first key of obj that is not among the NULL-terminated `keys`. */
int json_only_keys(const json_t *obj, const char *what, const char *const *keys,
		   struct err *err) _must_check_;

#endif
