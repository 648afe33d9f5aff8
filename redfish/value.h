/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a BMC has answered, read with the type that it must have. A path goes through objects, its names separated by '/':
 * "Links/Sessions/@odata.id". What is missing or null, somewhere on the way too, is NULL (or the value that was there before) and no
 * error; another type is -EBADMSG, which names `what` and the path. All is borrowed from json.
 */
#ifndef REDFISH_VALUE_H
#define REDFISH_VALUE_H

#include <stdbool.h>

#include "core/json.h"

#define RF_TEXT_MAX 4096 /* bytes of a string */

int rf_str(const json_t *json, const char *what, const char *path, const char **ret,
	   struct err *err) _must_check_;
int rf_bool(const json_t *json, const char *what, const char *path, bool *ret, struct err *err) _must_check_;
int rf_int(const json_t *json, const char *what, const char *path, json_int_t *ret,
	   struct err *err) _must_check_;
int rf_object(const json_t *json, const char *what, const char *path, json_t **ret,
	      struct err *err) _must_check_;
int rf_array(const json_t *json, const char *what, const char *path, json_t **ret,
	     struct err *err) _must_check_;

/* The same, but what is missing is -EBADMSG too. */
int rf_need_str(const json_t *json, const char *what, const char *path, const char **ret,
		struct err *err) _must_check_;
int rf_need_object(const json_t *json, const char *what, const char *path, json_t **ret,
		   struct err *err) _must_check_;

/*
 * The strings of an array, which may stand in an array within it (BlueField does that with AllowableValues); a new array, or NULL where
 * there is none.
 */
int rf_strings(const json_t *json, const char *what, const char *path, json_t **ret,
	       struct err *err) _must_check_;
/* Is the text among the strings of an array? No array: no. */
bool rf_among(const json_t *strings, const char *text);
/* "A, B, C", malloc'd. */
char *rf_listed(const json_t *strings) _must_check_;

enum rf_type { RF_STRING, RF_NUMBER, RF_FLAG };
struct rf_field {
	const char *path, *as; /* from where, and the name in the copy */
	enum rf_type type;
};
/* Copies fields (a NULL path ends them) into an object; what is missing becomes null there. */
int rf_copy(const json_t *json, const char *what, const struct rf_field *fields, json_t *into,
	    struct err *err) _must_check_;

#endif
