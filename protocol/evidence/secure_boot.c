/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/evidence/secure_boot.h"

#include <string.h>

#include "core/json.h"
#include "protocol/evidence/fields.h"

#define WHAT       "evidence.secure_boot"
#define LISTED_MAX 64 /* certificates of one variable */

static int check_certificate(const json_t *cert, const char *what, struct err *err)
{
	static const char *const keys[] = {"sha256", "subject", "owner", NULL};
	const char *text;
	int r = json_only_keys(cert, what, keys, err);

	if (!r)
		r = evidence_digest_check(cert, what, "sha256", err);
	if (!r)
		r = json_get_str_or_empty(cert, what, "subject", 255, &text, err);
	return r ? r : json_get_str(cert, what, "owner", 36, &text, err);
}

static int check_variable(const json_t *state, const char *name, struct err *err)
{
	static const char *const keys[] = {"certificates", "digests", "others", "more", "error", NULL};
	static const char *const counts[] = {"digests", "others", "more"};
	const char *error = NULL;
	char what[64];
	json_t *var, *list;
	uint64_t n;
	int r = json_get_object(state, WHAT ".state", name, &var, err);

	snprintf(what, sizeof(what), WHAT ".state.%s", name);
	if (!r)
		r = json_only_keys(var, what, keys, err);
	if (!r)
		r = json_get_array(var, what, "certificates", LISTED_MAX, &list, err);
	for (size_t i = 0; !r && i < json_array_size(list); i++)
		r = json_is_object(json_array_get(list, i))
			    ? check_certificate(json_array_get(list, i), what, err)
			    : err_set(err, EBADMSG, "%s.certificates must be objects", what);
	for (unsigned i = 0; !r && i < 3; i++)
		r = json_get_u64(var, what, counts[i], 0, 65536, &n, err);
	return r ? r : json_opt_str(var, what, "error", EVIDENCE_REASON_MAX, &error, err);
}

static int check_state(const json_t *state, struct err *err)
{
	static const char *const keys[] = {
		"secure_boot", "setup_mode", "audit_mode", "deployed_mode", "PK", "KEK", "db", "dbx", NULL};
	int r = json_only_keys(state, WHAT ".state", keys, err);

	for (unsigned i = 0; !r && i < 4; i++) {
		bool flag;

		r = json_opt_bool(state, WHAT ".state", keys[i], &flag, err);
	}
	for (unsigned i = 4; !r && keys[i]; i++)
		r = check_variable(state, keys[i], err);
	return r;
}

static bool is(const json_t *obj, const char *key, bool value)
{
	return json_is_boolean(json_object_get(obj, key)) && json_is_true(json_object_get(obj, key)) == value;
}

/* It may be missing: where nothing was enrolled there was nothing to check. */
static int check_roms(const json_t *part, struct err *err)
{
	static const char *const keys[] = {"checked", "roms", "why", NULL};
	const json_t *roms = json_object_get(part, "option_roms");
	const char *why;
	bool checked;
	uint64_t n;
	int r;

	if (!roms)
		return 0;
	if (!json_is_object(roms))
		return err_set(err, EBADMSG, WHAT ".option_roms must be an object");
	r = json_only_keys(roms, WHAT ".option_roms", keys, err);
	if (!r)
		r = json_get_bool(roms, WHAT ".option_roms", "checked", &checked, err);
	if (r)
		return r;
	if (checked)
		return json_get_u64(roms, WHAT ".option_roms", "roms", 0, 4096, &n, err);
	return json_get_str(roms, WHAT ".option_roms", "why", EVIDENCE_REASON_MAX, &why, err);
}

/* What is said to stand there must be what the wish means. */
static int check_claim(const json_t *part, const json_t *state, struct err *err)
{
	const char *handover = evidence_word(part, "handover");

	if (!strcmp(handover, "site") && !(is(state, "secure_boot", true) && is(state, "setup_mode", false)))
		return err_set(err, EBADMSG,
			       WHAT ": handed over with the site's keys, which are not in force");
	if (!strcmp(handover, "setup") && !is(state, "setup_mode", true))
		return err_set(err, EBADMSG, WHAT ": handed over in setup mode, which the state denies");
	return 0;
}

int evidence_secure_boot_check(const json_t *evidence, struct err *err)
{
	static const char *const keys[] = {"keys", "handover", "state", "option_roms", NULL};
	static const char *const wishes[] = {"keep", "enrol", NULL};
	static const char *const handovers[] = {"as-is", "site", "factory", "setup", NULL};
	const json_t *part = json_object_get(evidence, "secure_boot");
	json_t *state;
	int r;

	if (!part || json_is_null(part))
		return 0;
	if (!json_is_object(part))
		return err_set(err, EBADMSG, WHAT " must be an object or null");
	r = json_only_keys(part, WHAT, keys, err);
	if (!r)
		r = evidence_word_check(part, WHAT, "keys", wishes, err);
	if (!r)
		r = evidence_word_check(part, WHAT, "handover", handovers, err);
	if (!r)
		r = json_get_object(part, WHAT, "state", &state, err);
	if (!r)
		r = evidence_free_check(part, WHAT, EVIDENCE_FREE_MAX, err);
	if (!r)
		r = check_state(state, err);
	if (!r)
		r = check_roms(part, err);
	return r ? r : check_claim(part, state, err);
}
