/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/evidence/gate.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "core/time.h"
#include "protocol/class/class.h"
#include "protocol/evidence/fields.h"

#define WHAT     "evidence.gate"
#define MORE_MAX 1000000 /* differences */

static int check_class(const json_t *gate, struct err *err)
{
	static const char *const keys[] = {"name", "sha256", NULL};
	const char *name;
	json_t *class;
	int r = json_get_object(gate, WHAT, "class", &class, err);

	if (!r)
		r = json_only_keys(class, WHAT ".class", keys, err);
	if (!r)
		r = json_get_str(class, WHAT ".class", "name", CLASS_NAME_MAX, &name, err);
	return r ? r : evidence_digest_check(class, WHAT ".class", "sha256", err);
}

/* Only what was recorded is here: a machine of which something required differs is held, and hands in nothing. */
static int check_difference(const json_t *difference, const char *what, struct err *err)
{
	static const char *const parts[] = {"system", "cpus",  "memory", "pci", "drives",
					    "nics",   "rails", "errors", NULL};
	const char *text = NULL;
	int r = evidence_word_check(difference, what, "part", parts, err);

	if (!r)
		r = json_opt_str(difference, what, "where", CLASS_DIFFERENCE_MAX, &text, err);
	return r ? r : json_get_str(difference, what, "text", CLASS_DIFFERENCE_MAX, &text, err);
}

static int check_comparison(const json_t *gate, const char *key, const char *what, struct err *err)
{
	static const char *const keys[] = {"at", "differences", "more", NULL}, *const inner[] = {
										       "part", "where",
										       "text", NULL};
	const char *at;
	json_t *comparison, *list;
	uint64_t more = 0;
	time_t when;
	int r = json_get_object(gate, WHAT, key, &comparison, err);

	if (!r)
		r = json_only_keys(comparison, what, keys, err);
	if (!r)
		r = json_get_str(comparison, what, "at", TIME_TEXT_SIZE - 1, &at, err);
	if (!r && time_parse(at, &when) < 0)
		r = err_set(err, EBADMSG, "%s.at is no time", what);
	if (!r)
		r = json_get_u64(comparison, what, "more", 0, MORE_MAX, &more, err);
	if (!r)
		r = evidence_list_check(comparison, what, "differences", EVIDENCE_GATE_MAX, inner, &list,
					err);
	for (size_t i = 0; !r && i < json_array_size(list); i++)
		r = check_difference(json_array_get(list, i), what, err);
	if (!r && more && json_array_size(list) < EVIDENCE_GATE_MAX)
		r = err_set(err, EBADMSG, "%s.more: there is room for them among the differences", what);
	return r;
}

int evidence_gate_check(const json_t *evidence, struct err *err)
{
	static const char *const keys[] = {"class", "before", "after", NULL};
	const json_t *there = json_object_get(evidence, "gate");
	json_t *gate;
	int r;

	if (!there || json_is_null(there))
		return 0;
	r = json_get_object(evidence, "evidence", "gate", &gate, err);
	if (!r)
		r = json_only_keys(gate, WHAT, keys, err);
	if (!r)
		r = check_class(gate, err);
	if (!r)
		r = check_comparison(gate, "before", WHAT ".before", err);
	return r ? r : check_comparison(gate, "after", WHAT ".after", err);
}

int evidence_gate_is_of(const json_t *evidence, const char *sha256, struct err *err)
{
	const json_t *gate = json_object_get(evidence, "gate");
	const char *told = evidence_word(json_object_get(gate, "class"), "sha256");

	if (!sha256 && json_is_object(gate))
		return err_set(err, EBADMSG, WHAT ": the order names no class");
	if (sha256 && strcmp(sha256, told) != 0)
		return err_set(err, EBADMSG, WHAT ": the order names the class with the SHA-256 %s, not %s",
			       sha256, *told ? told : "none");
	return 0;
}

static long long told(const json_t *gate, const char *key)
{
	const json_t *comparison = json_object_get(gate, key);

	return (long long)json_array_size(json_object_get(comparison, "differences")) +
	       json_integer_value(json_object_get(comparison, "more"));
}

char *evidence_gate_statement(const json_t *evidence)
{
	const json_t *gate = json_object_get(evidence, "gate");

	if (!json_is_object(gate))
		return xstrdup("");
	return str_printf(" The machine has all that its class %s requires, compared before anything was "
			  "erased and again at the end. Further differences, recorded: %lld before, %lld "
			  "after.",
			  evidence_word(json_object_get(gate, "class"), "name"), told(gate, "before"),
			  told(gate, "after"));
}
