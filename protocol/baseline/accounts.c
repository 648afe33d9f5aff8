/* SPDX-License-Identifier: Apache-2.0 */
/* The accounts of a baseline: who may have an account at the BMC, and in which role. Nobody else may, not even with a disabled one. */
#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/baseline/part.h"
#include "protocol/baseline/result.h"
#include "protocol/evidence/fields.h"

#define USER_MAX 63

static int check_account(const json_t *allowed, size_t i, struct err *err)
{
	static const char *const keys[] = {"user", "role", "required", NULL};
	const json_t *account = json_array_get(allowed, i);
	const char *user = NULL, *role = NULL;
	bool required;
	char what[48];
	int r;

	snprintf(what, sizeof(what), "baseline.accounts.allowed[%zu]", i);
	if (!json_is_object(account))
		return err_set(err, EBADMSG, "%s must be an object", what);
	r = json_only_keys(account, what, keys, err);
	if (r == 0)
		r = json_get_str(account, what, "user", USER_MAX, &user, err);
	if (r == 0)
		r = json_opt_str(account, what, "role", USER_MAX, &role, err);
	if (r == 0)
		r = json_opt_bool(account, what, "required", &required, err);
	for (size_t k = 0; r == 0 && k < i; k++)
		if (json_equal(json_object_get(json_array_get(allowed, k), "user"),
			       json_object_get(account, "user")))
			r = err_set(err, EBADMSG, "%s: %s is named twice", what, user);
	return r;
}

int baseline_accounts_check(const json_t *baseline, struct err *err)
{
	static const char *const keys[] = {"allowed", NULL};
	json_t *accounts, *allowed = NULL;
	int r = json_get_object(baseline, "baseline", "accounts", &accounts, err);

	if (r == 0)
		r = json_only_keys(accounts, "baseline.accounts", keys, err);
	if (r == 0)
		r = json_get_array(accounts, "baseline.accounts", "allowed", BASELINE_ACCOUNTS_MAX, &allowed,
				   err);
	if (r == 0 && !json_array_size(allowed))
		r = err_set(err, EBADMSG,
			    "baseline.accounts.allowed is empty: the account that the station uses belongs "
			    "there too");
	for (size_t i = 0; r == 0 && i < json_array_size(allowed); i++)
		r = check_account(allowed, i, err);
	return r;
}

static json_t *describe(const json_t *account)
{
	const char *role = json_string_value(json_object_get(account, "role"));
	bool disabled = json_is_false(json_object_get(account, "enabled"));
	_cleanup_free_ char *text = str_printf("%s%s", role ?: "no role", disabled ? ", disabled" : "");

	return baseline_string(text);
}

static const json_t *find(const json_t *list, const char *user)
{
	const json_t *account;
	size_t i;

	json_array_foreach((json_t *)list, i, account)
		if (!strcmp(evidence_word(account, "user"), user))
			return account;
	return NULL;
}

static void compare_account(const json_t *allowed, const json_t *account, json_t *result)
{
	const char *user = evidence_word(account, "user"), *role = evidence_word(account, "role");
	const json_t *rule = find(allowed, user), *wanted = json_object_get(rule, "role");
	_cleanup_json_ json_t *found = NULL;
	char what[BASELINE_WHAT_MAX + 1] = "account ";

	/* A slot that nobody has. */
	if (json_is_string(json_object_get(account, "user")) && !*user)
		return;
	baseline_plain(user, what + strlen(what), sizeof(what) - strlen(what));
	baseline_result_checked(result);
	if (!*user) {
		baseline_result_unread(result, "an account", "the BMC does not tell whose it is");
		return;
	}
	if (rule && (!wanted || !strcmp(json_string_value(wanted), role)))
		return;
	found = describe(account);
	baseline_result_differs(result, what, rule ? wanted : NULL, found);
}

/* An account that has to be there. */
static void compare_required(const json_t *rule, const json_t *accounts, bool all_read, json_t *result)
{
	const char *user = evidence_word(rule, "user");
	_cleanup_json_ json_t *expected = NULL;
	char what[BASELINE_WHAT_MAX + 1];

	if (!json_is_true(json_object_get(rule, "required")) || find(accounts, user))
		return;
	snprintf(what, sizeof(what), "account %s", user);
	baseline_result_checked(result);
	if (!all_read) {
		baseline_result_unread(result, what, "it is not among what could be read");
		return;
	}
	expected = json_object_get(rule, "role") ? json_incref(json_object_get(rule, "role"))
						 : json_string("an account");
	baseline_result_differs(result, what, expected, NULL);
}

void baseline_accounts_compare(const json_t *baseline, const json_t *read, json_t *result)
{
	const json_t *allowed = json_object_get(json_object_get(baseline, "accounts"), "allowed"),
		     *accounts = json_object_get(read, "accounts"),
		     *problems = json_object_get(read, "problems"), *problem;
	size_t i;

	for (i = 0; i < json_array_size(accounts); i++)
		compare_account(allowed, json_array_get(accounts, i), result);
	for (i = 0; i < json_array_size(allowed); i++)
		compare_required(json_array_get(allowed, i), accounts, !json_array_size(problems), result);
	json_array_foreach((json_t *)problems, i, problem)
		baseline_result_unread(result, evidence_word(problem, "part"),
				       evidence_word(problem, "reason"));
}
