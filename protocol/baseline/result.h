/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes of comparing a part of a baseline: {"state", "reason", "on_difference", "checked", "not_compared", "differing", "differing_more",
 * "not_readable", "not_readable_more"}; docs/baseline.md. Texts of a BMC become printable ASCII, and lists are bounded.
 */
#ifndef PROTOCOL_BASELINE_RESULT_H
#define PROTOCOL_BASELINE_RESULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define BASELINE_LISTED_MAX 64  /* differences; of the others there is the number */
#define BASELINE_WHAT_MAX   191 /* bytes of the name of a thing */

/* A new object, of which no comparison has been added yet. */
json_t *baseline_result_new(bool hold);

/* One more thing was compared. */
void baseline_result_checked(json_t *result);
/* One more thing is there of which the baseline says nothing. */
void baseline_result_not_compared(json_t *result);
/* It is otherwise. expected NULL: it should not be there; found NULL: it is not there. Both are borrowed. */
void baseline_result_differs(json_t *result, const char *what, const json_t *expected, const json_t *found);
/* It could not be compared. */
void baseline_result_unread(json_t *result, const char *what, const char *reason);

/* Sets the state by what was added. reason: why nothing could be read; NULL: it could. */
void baseline_result_end(json_t *result, const char *reason);

/* A text of others, cut to size - 1 bytes, with '?' for what is not printable ASCII; NULL: "". */
void baseline_plain(const char *text, char *buf, size_t size);
/* A text within a new string. */
json_t *baseline_string(const char *text);

#endif
