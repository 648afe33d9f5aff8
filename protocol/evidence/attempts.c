/* SPDX-License-Identifier: Apache-2.0 */
/* The methods of a drive: those that were planned, those that were passed over, those that were tried. */
#include <string.h>

#include "core/json.h"
#include "protocol/evidence/drive.h"
#include "protocol/evidence/fields.h"

#define HEX_MAX    4096 /* digits of one status */
#define STATUS_MAX 64

static bool names_before(const json_t *list, size_t n, const json_t *item)
{
	for (size_t i = 0; i < n; i++)
		if (json_equal(json_object_get(json_array_get(list, i), "method"),
			       json_object_get(item, "method")))
			return true;
	return false;
}

/* A level that this method can reach on the drive's medium. */
static int check_method_and_level(const json_t *drive, const json_t *item, const char *what, struct err *err)
{
	const struct erasure *erasure;
	int r = evidence_method_check(item, what, &erasure, err);

	if (!r)
		r = evidence_level_check(item, what, err);
	if (!r && !erasure_reaches(erasure, evidence_word(drive, "medium"), evidence_word(item, "level")))
		r = err_set(err, EBADMSG, "%s: %s does not reach %s on this medium", what, erasure->name,
			    evidence_word(item, "level"));
	return r;
}

static int check_plan(const json_t *drive, const char *what, struct err *err)
{
	static const char *const keys[] = {"method", "level", "reason", NULL};
	json_t *plan, *choice;
	const char *text;
	size_t i;
	int r = evidence_list_check(drive, what, "plan", EVIDENCE_LIST_MAX, keys, &plan, err);

	if (r)
		return r;
	json_array_foreach(plan, i, choice) {
		r = check_method_and_level(drive, choice, "plan", err);
		if (!r)
			r = json_get_str(choice, "plan", "reason", EVIDENCE_REASON_MAX, &text, err);
		if (!r && names_before(plan, i, choice))
			r = err_set(err, EBADMSG, "plan[%zu] is there twice", i);
		if (r)
			return err_prepend(err, "%s", what);
	}
	return 0;
}

static int check_passed_over(const json_t *drive, const char *what, struct err *err)
{
	static const char *const keys[] = {"method", "reason", NULL};
	const json_t *plan = json_object_get(drive, "plan");
	json_t *list, *item;
	const char *text;
	size_t i;
	int r = evidence_list_check(drive, what, "passed_over", EVIDENCE_LIST_MAX, keys, &list, err);

	if (r)
		return r;
	json_array_foreach(list, i, item) {
		r = evidence_method_check(item, "passed_over", NULL, err);
		if (!r)
			r = json_get_str(item, "passed_over", "reason", EVIDENCE_REASON_MAX, &text, err);
		if (!r && (names_before(list, i, item) || names_before(plan, json_array_size(plan), item)))
			r = err_set(err, EBADMSG, "passed_over[%zu] is there twice, or in the plan", i);
		if (r)
			return err_prepend(err, "%s", what);
	}
	return 0;
}

/* What the drive said, in lower-case hexadecimal; "" where it was all zeros. */
static int check_status(const json_t *attempt, struct err *err)
{
	static const char *const keys[] = {"what", "hex", NULL};
	json_t *list, *item;
	const char *text, *hex;
	size_t i, len;
	int r = evidence_list_check(attempt, "attempts", "status", STATUS_MAX, keys, &list, err);

	if (r)
		return r;
	json_array_foreach(list, i, item) {
		r = json_get_str(item, "status", "what", 127, &text, err);
		if (!r)
			r = json_get_str_or_empty(item, "status", "hex", HEX_MAX, &hex, err);
		if (r)
			return err_prepend(err, "attempts");
		len = strlen(hex);
		if (len % 2 || strspn(hex, "0123456789abcdef") != len)
			return err_set(err, EBADMSG,
				       "attempts.status[%zu].hex is not bytes in lower-case hexadecimal", i);
	}
	return 0;
}

/* The last attempt is the drive's own word: what is proven was not refused by the method. */
static int check_last(const json_t *drive, const json_t *attempts, struct err *err)
{
	size_t n = json_array_size(attempts);
	const json_t *last = n ? json_array_get(attempts, n - 1) : NULL;

	if (strcmp(evidence_word(drive, "outcome"), "proven") != 0)
		return 0;
	if (!last)
		return err_set(err, EBADMSG, "attempts is empty, and yet the drive is proven");
	if (!json_is_null(json_object_get(last, "error")) ||
	    !json_equal(json_object_get(last, "method"), json_object_get(drive, "method")) ||
	    !json_equal(json_object_get(last, "level"), json_object_get(drive, "level")))
		return err_set(err, EBADMSG,
			       "attempts: the last one is not the method that the drive is proven by");
	return 0;
}

static int check_attempts(const json_t *drive, const char *what, struct err *err)
{
	static const char *const keys[] = {"method", "level", "begun", "ended", "error", "status", NULL};
	json_t *attempts, *attempt;
	const char *text;
	size_t i;
	int r = evidence_list_check(drive, what, "attempts", EVIDENCE_LIST_MAX, keys, &attempts, err);

	if (r)
		return r;
	json_array_foreach(attempts, i, attempt) {
		r = check_method_and_level(drive, attempt, "attempts", err);
		if (!r)
			r = evidence_span_check(attempt, "attempts", err);
		if (!r && !json_object_get(attempt, "error"))
			r = err_set(err, EBADMSG, "attempts.error is missing");
		if (!r)
			r = json_opt_str(attempt, "attempts", "error", EVIDENCE_REASON_MAX, &text, err);
		if (!r)
			r = check_status(attempt, err);
		if (r)
			return err_prepend(err, "%s", what);
	}
	r = check_last(drive, attempts, err);
	return r ? err_prepend(err, "%s", what) : 0;
}

int evidence_attempts_check(const json_t *drive, const char *what, struct err *err)
{
	int r = check_plan(drive, what, err);

	if (!r)
		r = check_passed_over(drive, what, err);
	return r ? r : check_attempts(drive, what, err);
}
