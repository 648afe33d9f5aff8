/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of single fields that the parts of evidence share. All are -EBADMSG naming the field. */
#ifndef PROTOCOL_EVIDENCE_FIELDS_H
#define PROTOCOL_EVIDENCE_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "protocol/erasure.h"

#define EVIDENCE_NAME_MAX   159
#define EVIDENCE_METHOD_MAX 63
#define EVIDENCE_REASON_MAX 991
#define EVIDENCE_LIST_MAX   64
#define EVIDENCE_BYTES_MAX  ((1ull << 62) - 1)
#define EVIDENCE_FREE_MAX   (32 * 1024) /* bytes of a free-form object, written without spaces */

/* obj.begun and obj.ended are times. Their order is not checked: a clock may have been set in between. */
int evidence_span_check(const json_t *obj, const char *what, struct err *err) _must_check_;
/* obj[key] is one of the NULL-terminated words. */
int evidence_word_check(const json_t *obj, const char *what, const char *key, const char *const *words,
			struct err *err) _must_check_;
/* obj[key] is a SHA-256 in lower-case hexadecimal digits. */
int evidence_digest_check(const json_t *obj, const char *what, const char *key, struct err *err) _must_check_;
/* obj.level is "clear" or "purge". */
int evidence_level_check(const json_t *obj, const char *what, struct err *err) _must_check_;
/* obj.method is a method's name; *ret may be NULL. */
int evidence_method_check(const json_t *obj, const char *what, const struct erasure **ret,
			  struct err *err) _must_check_;
/* obj[key] is a list of at most `max` objects without other keys than these. */
int evidence_list_check(const json_t *obj, const char *what, const char *key, size_t max,
			const char *const *keys, json_t **ret, struct err *err) _must_check_;
/* Anything, but at most `max` bytes of it, EVIDENCE_FREE_DEPTH levels, and keys and texts in printable ASCII. */
#define EVIDENCE_FREE_DEPTH 8
int evidence_free_check(const json_t *value, const char *what, size_t max, struct err *err) _must_check_;

/* The word at obj[key] of what has been checked. */
static inline const char *evidence_word(const json_t *obj, const char *key)
{
	const char *word = json_string_value(json_object_get(obj, key));

	return word ? word : "";
}

#endif
