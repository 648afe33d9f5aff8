/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/evidence/firmware.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/evidence/fields.h"

#define WHAT          "evidence.firmware"
#define VARIABLES_MAX 4096
#define REPORTED_MAX  256
#define NAME_MAX_LEN  1024
#define ENTRIES_MAX   65536

static int check_counts(const json_t *obj, const char *what, const char *const *keys, struct err *err)
{
	uint64_t n;
	int r = 0;

	for (; r == 0 && *keys; keys++)
		r = json_get_u64(obj, what, *keys, 0, EVIDENCE_BYTES_MAX, &n, err);
	return r;
}

/* *ret: the object, or NULL where null stands. The key must be there. */
static int get_part(const json_t *firmware, const char *key, const char *const *keys, json_t **ret,
		    struct err *err)
{
	int r;

	*ret = NULL;
	if (json_is_null(json_object_get(firmware, key)))
		return 0;
	r = json_get_object(firmware, WHAT, key, ret, err);
	return r ? r : json_only_keys(*ret, key, keys, err);
}

static int check_pstore(const json_t *firmware, struct err *err)
{
	static const char *const keys[] = {"backend", "removed", "bytes", NULL}, *const counts[] = {"removed",
												    "bytes",
												    NULL};
	const char *backend;
	json_t *pstore;
	int r = get_part(firmware, "pstore", keys, &pstore, err);

	if (r || !pstore)
		return r;
	r = json_get_str(pstore, WHAT ".pstore", "backend", 31, &backend, err);
	return r ? r : check_counts(pstore, WHAT ".pstore", counts, err);
}

static int check_variable(const json_t *variable, bool refused, struct err *err)
{
	static const char what[] = WHAT ".variables[]";
	const char *text, *reason = NULL;
	uint64_t n;
	int r = json_get_str(variable, what, "name", NAME_MAX_LEN, &text, err);

	if (!r)
		r = json_get_str(variable, what, "guid", 36, &text, err);
	if (!r)
		r = json_get_u64(variable, what, "size", 0, EVIDENCE_BYTES_MAX, &n, err);
	if (!r)
		r = json_get_u64(variable, what, "attributes", 0, UINT32_MAX, &n, err);
	if (!r)
		r = json_opt_str(variable, what, "what", EVIDENCE_REASON_MAX, &text, err);
	if (!r)
		r = json_opt_str(variable, what, "reason", EVIDENCE_REASON_MAX, &reason, err);
	if (!r && refused && !reason)
		r = err_set(err, EBADMSG, "%s: one that was not removed has no reason", what);
	return r;
}

static int check_list(const json_t *variables, const char *key, size_t max, struct err *err)
{
	static const char *const keys[] = {"name", "guid", "size", "attributes", "what", "reason", NULL};
	json_t *list;
	int r = evidence_list_check(variables, WHAT ".variables", key, max, keys, &list, err);

	for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
		r = check_variable(json_array_get(list, i), !strcmp(key, "not_removed"), err);
	return r;
}

static int check_variables(const json_t *firmware, struct err *err)
{
	static const char *const keys[] = {"policy",         "seen",     "bytes",         "of_firmware",
					   "of_secure_boot", "volatile", "not_readable",  "removed",
					   "not_removed",    "reported", "reported_more", NULL},
				 *const counts[] = {"seen",           "bytes",    "of_firmware",
						    "of_secure_boot", "volatile", "not_readable",
						    "reported_more",  NULL},
				 *const policies[] = {"report", "remove", NULL};
	json_t *variables;
	int r = get_part(firmware, "variables", keys, &variables, err);

	if (r || !variables)
		return r;
	r = evidence_word_check(variables, WHAT ".variables", "policy", policies, err);
	if (!r)
		r = check_counts(variables, WHAT ".variables", counts, err);
	if (!r)
		r = check_list(variables, "removed", VARIABLES_MAX, err);
	if (!r)
		r = check_list(variables, "not_removed", VARIABLES_MAX, err);
	return r ? r : check_list(variables, "reported", REPORTED_MAX, err);
}

static int check_memory(const json_t *firmware, struct err *err)
{
	static const char *const keys[] = {"present", "lock", "guarded", "requested", "reason", NULL},
				 *const locks[] = {"none", "open", "closed", "closed with a key", NULL};
	static const char what[] = WHAT ".memory";
	bool present = false, guarded, requested = false;
	const char *reason = NULL;
	json_t *memory;
	int r = get_part(firmware, "memory", keys, &memory, err);

	if (r || !memory)
		return r;
	r = json_get_bool(memory, what, "present", &present, err);
	if (!r)
		r = json_get_bool(memory, what, "guarded", &guarded, err);
	if (!r)
		r = json_get_bool(memory, what, "requested", &requested, err);
	if (!r)
		r = evidence_word_check(memory, what, "lock", locks, err);
	if (!r)
		r = json_opt_str(memory, what, "reason", EVIDENCE_REASON_MAX, &reason, err);
	if (!r && requested == (reason != NULL))
		r = err_set(err, EBADMSG, "%s: it is requested, or there is a reason why not", what);
	if (!r && requested && !present)
		r = err_set(err, EBADMSG, "%s: requested of a firmware that has no such thing", what);
	return r;
}

static int check_numbers(const json_t *reset, const char *key, struct err *err)
{
	json_t *list, *number;
	size_t i;
	int r = json_get_array(reset, WHAT ".after_reset", key, ENTRIES_MAX, &list, err);

	if (r < 0)
		return r;
	json_array_foreach(list, i, number) {
		const char *text = json_string_value(number);

		if (!text || strlen(text) != 4 || text[strspn(text, "0123456789ABCDEF")])
			return err_set(err, EBADMSG, WHAT ".after_reset.%s[%zu] is no number of a boot entry",
				       key, i);
	}
	return 0;
}

static int check_reset(const json_t *firmware, struct err *err)
{
	static const char *const keys[] = {"boot_order", "appeared", "memory", NULL};
	const char *text;
	json_t *reset;
	int r = get_part(firmware, "after_reset", keys, &reset, err);

	if (r || !reset)
		return r;
	r = check_numbers(reset, "boot_order", err);
	if (!r)
		r = check_numbers(reset, "appeared", err);
	return r ? r : json_get_str(reset, WHAT ".after_reset", "memory", 127, &text, err);
}

int evidence_firmware_check(const json_t *evidence, struct err *err)
{
	static const char *const keys[] = {"pstore", "variables", "memory", "after_reset", NULL};
	const json_t *there = json_object_get(evidence, "firmware");
	json_t *firmware;
	int r;

	if (!there || json_is_null(there))
		return 0;
	r = json_get_object(evidence, "evidence", "firmware", &firmware, err);
	if (!r)
		r = json_only_keys(firmware, WHAT, keys, err);
	if (!r)
		r = check_pstore(firmware, err);
	if (!r)
		r = check_variables(firmware, err);
	if (!r)
		r = check_memory(firmware, err);
	return r ? r : check_reset(firmware, err);
}

char *evidence_firmware_statement(const json_t *evidence)
{
	const json_t *firmware = json_object_get(evidence, "firmware"),
		     *variables = json_object_get(firmware, "variables");
	bool cleared = json_is_true(json_object_get(json_object_get(firmware, "memory"), "requested"));

	if (!json_is_object(variables))
		return xstrdup("");
	return str_printf(" Firmware variables removed: %zu. To be removed, and not: %zu. Reported, because "
			  "nobody's known: %lld. "
			  "The firmware was %sasked to clear the memory at its next start.",
			  json_array_size(json_object_get(variables, "removed")),
			  json_array_size(json_object_get(variables, "not_removed")),
			  (long long)json_array_size(json_object_get(variables, "reported")) +
				  (long long)json_integer_value(json_object_get(variables, "reported_more")),
			  cleared ? "" : "not ");
}
