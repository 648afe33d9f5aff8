/* SPDX-License-Identifier: Apache-2.0 */
/* What the order demanded of a drive's erasure, and that what is reported as proven does not fall short of it. */
#include <string.h>

#include "core/json.h"
#include "protocol/evidence/drive.h"
#include "protocol/evidence/fields.h"

static int check_forbidden(const json_t *policy, const char *what, struct err *err)
{
	json_t *list, *item;
	size_t i;
	int r = json_get_array(policy, what, "forbid", EVIDENCE_LIST_MAX, &list, err);

	if (r)
		return r;
	json_array_foreach(list, i, item)
		if (!erasure_find(json_string_value(item)))
			return err_set(err, EBADMSG, "%s.forbid[%zu] is no method", what, i);
	return 0;
}

static bool is_forbidden(const json_t *policy, const json_t *method)
{
	const json_t *list = json_object_get(policy, "forbid");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), method))
			return true;
	return false;
}

static bool is(const json_t *obj, const char *key, const char *word)
{
	return !strcmp(evidence_word(obj, key), word);
}

/* An agent that slides to less than was asked for has no evidence to hand in. */
static int check_kept(const json_t *drive, const json_t *policy, const char *what, struct err *err)
{
	const json_t *proof = json_object_get(drive, "proof"), *plan = json_object_get(drive, "plan");

	if (is_forbidden(policy, json_object_get(drive, "method")))
		return err_set(err, EBADMSG, "%s: the policy forbids its method", what);
	for (size_t i = 0; i < json_array_size(plan); i++)
		if (is_forbidden(policy, json_object_get(json_array_get(plan, i), "method")))
			return err_set(err, EBADMSG, "%s: the policy forbids a method of its plan", what);
	if (!is(drive, "outcome", "proven"))
		return 0;
	if (is(policy, "level", "purge") && !is(drive, "level", "purge"))
		return err_set(err, EBADMSG, "%s is proven to be cleared; the policy is to purge", what);
	if (is(policy, "verify", "full") && !is(proof, "read_back", "full"))
		return err_set(err, EBADMSG, "%s is proven by sampling; the policy is to read it in full",
			       what);
	return 0;
}

int evidence_policy_check(const json_t *drive, const char *what, struct err *err)
{
	static const char *const keys[] = {"level", "forbid", "verify", NULL};
	static const char *const readings[] = {"full", "sampled", NULL};
	char inner[80];
	json_t *policy;
	int r = json_get_object(drive, what, "policy", &policy, err);

	snprintf(inner, sizeof(inner), "%s.policy", what);
	if (!r)
		r = json_only_keys(policy, inner, keys, err);
	if (!r)
		r = evidence_level_check(policy, inner, err);
	if (!r)
		r = evidence_word_check(policy, inner, "verify", readings, err);
	if (!r)
		r = check_forbidden(policy, inner, err);
	return r ? r : check_kept(drive, policy, what, err);
}

static const char *word_or(const json_t *wipe, const char *key, const char *unsaid)
{
	const char *word = json_string_value(json_object_get(wipe, key));

	return word ? word : unsaid;
}

static int check_demanded(const json_t *policy, const json_t *wipe, size_t i, struct err *err)
{
	const json_t *forbidden = json_object_get(wipe, "forbid"), *method;
	size_t k;

	if (!strcmp(word_or(wipe, "level", "purge"), "purge") && !is(policy, "level", "purge"))
		return err_set(err, EBADMSG,
			       "evidence.drives[%zu] was to be cleared, and the order is to purge", i);
	if (!strcmp(word_or(wipe, "verify", "full"), "full") && !is(policy, "verify", "full"))
		return err_set(err, EBADMSG,
			       "evidence.drives[%zu] was to be read by samples, and the order is to read all",
			       i);
	json_array_foreach(forbidden, k, method)
		if (!is_forbidden(policy, method))
			return err_set(err, EBADMSG,
				       "evidence.drives[%zu]: the order forbids %s, and its policy does not",
				       i, json_string_value(method));
	return 0;
}

int evidence_policies_are_of(const json_t *evidence, const json_t *wipe, struct err *err)
{
	const json_t *drive;
	size_t i;
	int r = 0;

	json_array_foreach(json_object_get(evidence, "drives"), i, drive)
		if (!r && is(drive, "outcome", "proven"))
			r = check_demanded(json_object_get(drive, "policy"), wipe, i, err);
	return r;
}
