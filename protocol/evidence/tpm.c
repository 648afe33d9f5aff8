/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/evidence/tpm.h"

#include <string.h>

#include "core/json.h"
#include "protocol/evidence/fields.h"

#define WHAT     "evidence.tpm"
#define LIST_MAX 512
#define BY_MAX   3

/* What was set before; null with "keep". */
static int check_found(const json_t *tpm, struct err *err)
{
	static const char *const keys[] = {"owner_auth",     "endorsement_auth", "lockout_auth",
					   "clear_disabled", "in_lockout",       NULL};
	json_t *found = json_object_get(tpm, "found");
	bool value;
	int r;

	if (json_is_null(found))
		return 0;
	if (!json_is_object(found))
		return err_set(err, EBADMSG, WHAT ".found must be an object or null");
	r = json_only_keys(found, WHAT ".found", keys, err);
	for (unsigned i = 0; !r && keys[i]; i++)
		r = json_get_bool(found, WHAT ".found", keys[i], &value, err);
	return r;
}

static int check_by(const json_t *tpm, struct err *err)
{
	static const char *const words[] = {"platform", "lockout", "physical-presence"};
	json_t *list, *word;
	size_t i;
	int r = json_get_array(tpm, WHAT, "by", BY_MAX, &list, err);

	if (r)
		return r;
	json_array_foreach(list, i, word) {
		const char *text = json_string_value(word);
		bool known = false;

		for (size_t k = 0; text && k < sizeof(words) / sizeof(words[0]); k++)
			known |= !strcmp(words[k], text);
		if (!known)
			return err_set(err, EBADMSG, WHAT ".by names a way that is not known");
	}
	return 0;
}

static int check_index(const json_t *index, struct err *err)
{
	static const char *const keys[] = {"index", "size", "platform_created", NULL};
	uint64_t size = 0;
	const char *text;
	bool platform;
	int r;

	if (!json_is_object(index))
		return err_set(err, EBADMSG, WHAT ".left.nv must hold objects");
	r = json_only_keys(index, WHAT ".left.nv[]", keys, err);
	if (!r)
		r = json_get_str(index, WHAT ".left.nv[]", "index", 8, &text, err);
	if (!r)
		r = json_opt_u64(index, WHAT ".left.nv[]", "size", 0, 65535, &size, err);
	return r ? r : json_get_bool(index, WHAT ".left.nv[]", "platform_created", &platform, err);
}

/* What lies in it afterwards; null with "keep". */
static int check_left(const json_t *tpm, struct err *err)
{
	static const char *const keys[] = {"nv", "persistent", NULL};
	json_t *left = json_object_get(tpm, "left"), *list;
	int r;

	if (json_is_null(left))
		return 0;
	if (!json_is_object(left))
		return err_set(err, EBADMSG, WHAT ".left must be an object or null");
	r = json_only_keys(left, WHAT ".left", keys, err);
	if (!r)
		r = json_get_array(left, WHAT ".left", "nv", LIST_MAX, &list, err);
	for (size_t i = 0; !r && i < json_array_size(list); i++)
		r = check_index(json_array_get(list, i), err);
	if (!r)
		r = json_get_array(left, WHAT ".left", "persistent", LIST_MAX, &list, err);
	for (size_t i = 0; !r && i < json_array_size(list); i++)
		if (json_string_length(json_array_get(list, i)) != 8)
			r = err_set(err, EBADMSG, WHAT ".left.persistent must hold handles of 8 digits");
	return r;
}

int evidence_tpm_check(const json_t *evidence, struct err *err)
{
	static const char *const keys[] = {"wish", "cleared", "by", "found", "left", NULL};
	static const char *const wishes[] = {"clear", "keep", NULL};
	const json_t *tpm = json_object_get(evidence, "tpm");
	bool cleared = false;
	int r;

	if (!tpm || json_is_null(tpm))
		return 0;
	if (!json_is_object(tpm))
		return err_set(err, EBADMSG, WHAT " must be an object or null");
	r = json_only_keys(tpm, WHAT, keys, err);
	if (!r)
		r = evidence_word_check(tpm, WHAT, "wish", wishes, err);
	if (!r)
		r = json_get_bool(tpm, WHAT, "cleared", &cleared, err);
	if (!r)
		r = check_by(tpm, err);
	if (!r)
		r = check_found(tpm, err);
	if (!r)
		r = check_left(tpm, err);
	if (!r && cleared == !strcmp(evidence_word(tpm, "wish"), "keep"))
		r = err_set(err, EBADMSG, WHAT ": cleared against its wish, or not cleared");
	if (!r && cleared &&
	    (!json_array_size(json_object_get(tpm, "by")) || json_is_null(json_object_get(tpm, "left"))))
		r = err_set(err, EBADMSG, WHAT ": cleared, and it is not said how and what is left");
	return r;
}

const char *evidence_tpm_statement(const json_t *evidence)
{
	const json_t *tpm = json_object_get(evidence, "tpm");

	if (!tpm || json_is_null(tpm))
		return "There is no TPM 2.0, or it was not looked at.";
	if (json_is_true(json_object_get(tpm, "cleared")))
		return "The TPM was cleared: owner's and endorsement hierarchy's authorisations, keys and NV "
		       "indices "
		       "are gone; what its platform keeps there is listed.";
	return "The TPM was not cleared: the order was to keep it.";
}
