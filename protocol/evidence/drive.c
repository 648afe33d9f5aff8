/* SPDX-License-Identifier: Apache-2.0 */
/* Checks who a drive is, what it can do, and what became of it. */
#include "protocol/evidence/drive.h"

#include <string.h>

#include "core/json.h"
#include "protocol/evidence/fields.h"

#define NQN_MAX       223        /* NVM Express Base 2.0, 4.5 */
#define NAMESPACE_MAX 0xfffffffe /* the broadcast value is none */

static int check_identity(const json_t *drive, const char *what, struct err *err)
{
	static const char *const texts[] = {"model", "serial", "wwn", NULL};
	const char *text;
	uint64_t n;
	int r = json_get_str(drive, what, "name", EVIDENCE_NAME_MAX, &text, err);

	for (unsigned i = 0; !r && texts[i]; i++)
		r = json_get_str_or_empty(drive, what, texts[i], 127, &text, err);
	if (!r)
		r = json_get_str(drive, what, "transport", 31, &text, err);
	if (!r && json_object_get(drive, "firmware"))
		r = json_get_str_or_empty(drive, what, "firmware", 127, &text, err);
	if (!r)
		r = json_get_u64(drive, what, "size", 0, EVIDENCE_BYTES_MAX, &n, err);
	if (!r)
		r = json_get_u64(drive, what, "logical_block_size", 0, 65536, &n, err);
	return r;
}

/* What the drive is made of, and which namespace of which subsystem it is. */
static int check_kind(const json_t *drive, const char *what, struct err *err)
{
	static const char *const media[] = {"flash", "magnetic", "unknown", NULL};
	const char *nqn, *firmware;
	bool rotational;
	uint64_t nsid;
	int r = evidence_word_check(drive, what, "medium", media, err);

	if (!r)
		r = json_get_str_or_empty(drive, what, "firmware", 127, &firmware, err);
	if (!r)
		r = json_get_bool(drive, what, "rotational", &rotational, err);
	if (!r)
		r = json_get_str_or_empty(drive, what, "subsystem", NQN_MAX, &nqn, err);
	if (!r)
		r = json_get_u64(drive, what, "namespace", 0, NAMESPACE_MAX, &nsid, err);
	if (r)
		return r;
	if (rotational && !strcmp(evidence_word(drive, "medium"), "flash"))
		return err_set(err, EBADMSG, "%s is flash, and rotational", what);
	if (*nqn && !nsid)
		return err_set(err, EBADMSG, "%s has a subsystem and no namespace", what);
	return 0;
}

static int check_sizes(const json_t *drive, const char *what, struct err *err)
{
	uint64_t size, before = 0, after = 0;
	int r = json_get_u64(drive, what, "size", 0, EVIDENCE_BYTES_MAX, &size, err);

	if (!r)
		r = json_get_u64(drive, what, "size_before", 0, EVIDENCE_BYTES_MAX, &before, err);
	if (!r)
		r = json_get_u64(drive, what, "size_after", 0, EVIDENCE_BYTES_MAX, &after, err);
	if (r)
		return r;
	if (size != before && size != after)
		return err_set(err, EBADMSG, "%s.size is neither size_before nor size_after", what);
	return 0;
}

/* Exactly one command set has answered, or none, with the reason. */
static int check_capabilities(const json_t *drive, const char *what, struct err *err)
{
	static const char *const keys[] = {"nvme", "ata", "scsi", "none", "opal", NULL};
	char inner[80];
	const json_t *opal;
	json_t *caps;
	unsigned sets = 0;
	int r = json_get_object(drive, what, "capabilities", &caps, err);

	snprintf(inner, sizeof(inner), "%s.capabilities", what);
	if (!r)
		r = json_only_keys(caps, inner, keys, err);
	if (r)
		return r;
	for (unsigned i = 0; i < 3; i++)
		sets += json_is_object(json_object_get(caps, keys[i]));
	sets += json_is_string(json_object_get(caps, "none"));
	opal = json_object_get(caps, "opal");
	if (sets != 1 || json_object_size(caps) != 2 || (!json_is_object(opal) && !json_is_null(opal)))
		return err_set(
			err, EBADMSG,
			"%s must have one object \"nvme\", \"ata\" or \"scsi\", or a text \"none\", and "
			"\"opal\", an object or null",
			inner);
	return evidence_free_check(caps, inner, EVIDENCE_FREE_MAX, err);
}

/* null, or {"before", "after"}, of which each may be null. */
static int check_health(const json_t *drive, const char *what, struct err *err)
{
	static const char *const keys[] = {"before", "after", NULL};
	const json_t *health = json_object_get(drive, "health");
	char inner[80];
	int r;

	if (json_is_null(health))
		return 0;
	snprintf(inner, sizeof(inner), "%s.health", what);
	if (!json_is_object(health))
		return err_set(err, EBADMSG, "%s must be an object or null", inner);
	r = json_only_keys(health, inner, keys, err);
	for (unsigned i = 0; !r && keys[i]; i++) {
		const json_t *state = json_object_get(health, keys[i]);

		if (!json_is_object(state) && !json_is_null(state))
			r = err_set(err, EBADMSG, "%s.%s must be an object or null", inner, keys[i]);
		else
			r = evidence_free_check(state, inner, EVIDENCE_FREE_MAX, err);
	}
	return r;
}

/* Method, technique and level are one; "none" is what was not begun. */
static int check_method(const json_t *drive, const char *what, struct err *err)
{
	const struct erasure *erasure = NULL;
	const char *name, *technique, *level;
	int r = json_get_str(drive, what, "method", EVIDENCE_METHOD_MAX, &name, err);

	if (!r)
		r = json_get_str_or_empty(drive, what, "technique", 63, &technique, err);
	if (!r)
		r = evidence_level_check(drive, what, err);
	if (!r && strcmp(name, "none") != 0)
		r = evidence_method_check(drive, what, &erasure, err);
	if (r)
		return r;
	if (strcmp(technique, erasure ? erasure->technique : "") != 0)
		return err_set(err, EBADMSG, "%s.technique \"%s\" is not that of \"%s\"", what, technique,
			       name);
	level = evidence_word(drive, "level");
	if (erasure && !erasure_reaches(erasure, evidence_word(drive, "medium"), level))
		return err_set(err, EBADMSG, "%s: %s does not reach %s on this medium", what, name, level);
	return 0;
}

static int check_outcome(const json_t *drive, const char *what, struct err *err)
{
	static const char *const outcomes[] = {"proven", "failed", NULL};
	const char *reason = NULL;
	bool resumed, proven;
	int r = evidence_word_check(drive, what, "outcome", outcomes, err);

	if (!r)
		r = json_opt_str(drive, what, "reason", EVIDENCE_REASON_MAX, &reason, err);
	if (!r)
		r = json_get_bool(drive, what, "resumed", &resumed, err);
	if (r)
		return r;
	proven = !strcmp(evidence_word(drive, "outcome"), "proven");
	if (!proven && !reason)
		return err_set(err, EBADMSG, "%s failed and has no reason", what);
	if (proven && reason)
		return err_set(err, EBADMSG, "%s is proven, and has a reason why it is not", what);
	if (proven && !strcmp(evidence_word(drive, "method"), "none"))
		return err_set(err, EBADMSG, "%s is proven by no method", what);
	return evidence_span_check(drive, what, err);
}

static int check_not_done(const json_t *drive, const char *what, struct err *err)
{
	static const char *const keys[] = {"what", "reason", NULL};
	json_t *list, *item;
	const char *text;
	size_t i;
	int r = evidence_list_check(drive, what, "not_done", EVIDENCE_LIST_MAX, keys, &list, err);

	if (r)
		return r;
	json_array_foreach(list, i, item) {
		r = json_get_str(item, "not_done", "what", 127, &text, err);
		if (!r)
			r = json_get_str(item, "not_done", "reason", EVIDENCE_REASON_MAX, &text, err);
		if (r)
			return err_prepend(err, "%s", what);
	}
	return 0;
}

/* What was hidden of the drive, and was made visible first; may be missing. */
static int check_revealed(const json_t *drive, const char *what, struct err *err)
{
	const json_t *list = json_object_get(drive, "revealed"), *item;
	size_t i;

	if (!list)
		return 0;
	if (!json_is_array(list) || json_array_size(list) > EVIDENCE_LIST_MAX)
		return err_set(err, EBADMSG, "%s.revealed must be an array of at most %d texts", what,
			       EVIDENCE_LIST_MAX);
	json_array_foreach(list, i, item)
		if (!json_is_string(item))
			return err_set(err, EBADMSG, "%s.revealed must be an array of texts", what);
	return evidence_free_check(list, "revealed", EVIDENCE_FREE_MAX, err);
}

/* In this order: what comes later relies on what came before. */
static int (*const parts[])(const json_t *drive, const char *what, struct err *err) = {
	check_identity,          check_kind,           check_sizes,
	check_capabilities,      check_health,         check_method,
	check_outcome,           check_not_done,       check_revealed,
	evidence_attempts_check, evidence_proof_check, evidence_policy_check,
};

int evidence_drive_check(const json_t *drive, unsigned i, struct err *err)
{
	static const char *const keys[] = {"name",      "model",        "serial",     "wwn",
					   "firmware",  "size",         "transport",  "medium",
					   "subsystem", "namespace",    "rotational", "logical_block_size",
					   "policy",    "capabilities", "plan",       "passed_over",
					   "attempts",  "method",       "technique",  "level",
					   "outcome",   "reason",       "resumed",    "begun",
					   "ended",     "size_before",  "size_after", "health",
					   "not_done",  "proof",        "revealed",   NULL};
	char what[48];
	int r;

	snprintf(what, sizeof(what), "evidence.drives[%u]", i);
	if (!json_is_object(drive))
		return err_set(err, EBADMSG, "%s must be an object", what);
	r = json_only_keys(drive, what, keys, err);
	for (size_t p = 0; !r && p < sizeof(parts) / sizeof(parts[0]); p++)
		r = parts[p](drive, what, err);
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
		r = json_get_str(drive, what, "reason", EVIDENCE_REASON_MAX, &reason, err);
	return r;
}
