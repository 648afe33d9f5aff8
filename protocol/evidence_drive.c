/* SPDX-License-Identifier: Apache-2.0 */
/* Checks what evidence says of drives. docs/certificate.md, "Drives". */
#include "protocol/evidence_drive.h"

#include <string.h>

#include "core/json.h"
#include "core/time.h"

#define NAME_MAX_BYTES 159
#define REASON_MAX     991
#define LIST_MAX       64
#define BYTES_MAX      ((1ull << 62) - 1)

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

/* obj[key] is one of two words. */
static int check_word(const json_t *obj, const char *what, const char *key, const char *a, const char *b,
		      struct err *err)
{
	const char *word;
	int r = json_get_str(obj, what, key, 32, &word, err);

	if (!r && strcmp(word, a) != 0 && strcmp(word, b) != 0)
		r = err_set(err, EBADMSG, "%s.%s must be \"%s\" or \"%s\"", what, key, a, b);
	return r;
}

static int check_identity(const json_t *drive, const char *what, struct err *err)
{
	static const char *const texts[] = {"model", "serial", "wwn", NULL};
	const char *text;
	uint64_t n;
	int r = json_get_str(drive, what, "name", NAME_MAX_BYTES, &text, err);

	for (unsigned i = 0; !r && texts[i]; i++)
		r = json_get_str_or_empty(drive, what, texts[i], 127, &text, err);
	if (!r)
		r = json_get_str(drive, what, "transport", 31, &text, err);
	if (!r && json_object_get(drive, "firmware"))
		r = json_get_str_or_empty(drive, what, "firmware", 127, &text, err);
	if (!r)
		r = json_get_u64(drive, what, "size", 0, BYTES_MAX, &n, err);
	if (!r)
		r = json_get_u64(drive, what, "logical_block_size", 0, 65536, &n, err);
	return r;
}

static int check_plan(const json_t *drive, const char *what, struct err *err)
{
	static const char *const keys[] = {"method", "reason", NULL};
	json_t *plan, *choice;
	const char *text;
	size_t i;
	int r = json_get_array(drive, what, "plan", LIST_MAX, &plan, err);

	if (r)
		return r;
	json_array_foreach(plan, i, choice) {
		if (!json_is_object(choice))
			return err_set(err, EBADMSG, "%s.plan[%zu] must be an object", what, i);
		r = json_only_keys(choice, what, keys, err);
		if (!r)
			r = json_get_str(choice, what, "method", 63, &text, err);
		if (!r)
			r = json_get_str(choice, what, "reason", REASON_MAX, &text, err);
		if (r)
			return err_prepend(err, "plan");
	}
	return 0;
}

/* Methods that were tried, the last one being the drive's; missing where only one was. */
static int check_attempts(const json_t *drive, const char *what, struct err *err)
{
	static const char *const keys[] = {"method", "begun", "ended", "error", NULL};
	json_t *attempts, *attempt;
	const char *text;
	size_t i;
	int r;

	if (!json_object_get(drive, "attempts"))
		return 0;
	r = json_get_array(drive, what, "attempts", LIST_MAX, &attempts, err);
	if (r)
		return r;
	json_array_foreach(attempts, i, attempt) {
		if (!json_is_object(attempt))
			return err_set(err, EBADMSG, "%s.attempts[%zu] must be an object", what, i);
		r = json_only_keys(attempt, what, keys, err);
		if (!r)
			r = json_get_str(attempt, what, "method", 63, &text, err);
		if (!r)
			r = evidence_span_check(attempt, what, err);
		if (!r)
			r = json_opt_str(attempt, what, "error", REASON_MAX, &text, err);
		if (r)
			return err_prepend(err, "attempts");
	}
	return 0;
}

/* Each member may be missing; then less can be claimed (protocol/claim.h). What is there must have its type. */
static int check_proof(const json_t *drive, const char *what, struct err *err)
{
	static const char *const numbers[] = {"markers_written", "markers_gone", "bytes_read", "samples",
					      NULL};
	json_t *proof, *list;
	char inner[96];
	uint64_t n;
	int r = json_get_object(drive, what, "proof", &proof, err);

	snprintf(inner, sizeof(inner), "%s.proof", what);
	for (unsigned i = 0; !r && numbers[i]; i++)
		r = json_opt_u64(proof, inner, numbers[i], 0, BYTES_MAX, &n, err);
	if (!r && json_object_get(proof, "read_back"))
		r = check_word(proof, inner, "read_back", "full", "sampled", err);
	if (!r && json_object_get(proof, "reads"))
		r = check_word(proof, inner, "reads", "zero", "mixed", err);
	if (!r && json_object_get(proof, "signatures"))
		r = json_get_array(proof, inner, "signatures", LIST_MAX, &list, err);
	return r;
}

static int check_outcome(const json_t *drive, const char *what, struct err *err)
{
	const char *text, *reason = NULL;
	bool resumed;
	int r = json_get_str(drive, what, "method", 63, &text, err);

	if (!r)
		r = check_word(drive, what, "level", "clear", "purge", err);
	if (!r)
		r = check_word(drive, what, "outcome", "proven", "failed", err);
	if (!r)
		r = json_opt_str(drive, what, "reason", REASON_MAX, &reason, err);
	if (!r)
		r = json_get_bool(drive, what, "resumed", &resumed, err);
	if (!r && !reason && !strcmp(json_string_value(json_object_get(drive, "outcome")), "failed"))
		r = err_set(err, EBADMSG, "%s failed and has no reason", what);
	return r;
}

int evidence_drive_check(const json_t *drive, unsigned i, struct err *err)
{
	static const char *const keys[] = {"name",       "model",    "serial",    "wwn",
					   "firmware",   "size",     "transport", "logical_block_size",
					   "rotational", "method",   "level",     "begun",
					   "ended",      "outcome",  "reason",    "resumed",
					   "plan",       "attempts", "proof",     NULL};
	bool rotational;
	char what[48];
	int r;

	snprintf(what, sizeof(what), "evidence.drives[%u]", i);
	if (!json_is_object(drive))
		return err_set(err, EBADMSG, "%s must be an object", what);
	r = json_only_keys(drive, what, keys, err);
	if (!r)
		r = check_identity(drive, what, err);
	if (!r)
		r = json_get_bool(drive, what, "rotational", &rotational, err);
	if (!r)
		r = check_outcome(drive, what, err);
	if (!r)
		r = evidence_span_check(drive, what, err);
	if (!r)
		r = check_plan(drive, what, err);
	if (!r)
		r = check_attempts(drive, what, err);
	if (!r)
		r = check_proof(drive, what, err);
	return r;
}

int evidence_untouched_check(const json_t *drive, unsigned i, struct err *err)
{
	const char *reason;
	char what[64];
	int r;

	snprintf(what, sizeof(what), "evidence.drives_not_touched[%u]", i);
	if (!json_is_object(drive))
		return err_set(err, EBADMSG, "%s must be an object", what);
	r = check_identity(drive, what, err);
	if (!r)
		r = json_get_str(drive, what, "reason", REASON_MAX, &reason, err);
	return r;
}
